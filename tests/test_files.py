"""Which files a run reads, and what is said about them: files, folders, links, standard input, and several at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from netgen import api
from netgen.problems import NetgenError, Problem
from netgen.report import text

Write = Callable[[str, str], Path]
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def spec(apps: str, namespace: str = "shop", name: str = "") -> str:
    """Return a Connectivity document with *apps*, in flow style, on its fourth line."""
    header = f"apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {{name: {name or namespace}, namespace: "
    return f"{header}{namespace}}}\napps: {apps}\n"


def platform(more: str = "") -> str:
    """Return a Platform document; *more* begins on its fourth line."""
    return f"apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {{name: prod}}\n{more}"


WEB, DB = spec("{web: {port: 8080, calls: [db]}}", name="web"), spec("{db: 5432/tcp}", name="db")
CART = spec("{cart: {port: 8080, accepts: [shop/web]}}", "checkout")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """The name of a file and its text -> the file, in a folder of its own that is the working directory."""
    monkeypatch.chdir(tmp_path)

    def file(name: str, content: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return file


def load(*paths: str | Path, **more: str | bytes | None) -> tuple[list[str], tuple[Problem, ...]]:
    """Return the apps that *paths* come to, none where they are refused, and what is said besides `no-platform`."""
    try:
        loaded = api.load(paths, **more)  # type: ignore[arg-type]
    except NetgenError as error:
        return [], tuple(problem for problem in error.problems if problem.code != "no-platform")
    said = tuple(problem for problem in loaded.problems if problem.code != "no-platform")
    return [str(app.key) for app in loaded.intent.apps], said


def places(problems: Sequence[Problem]) -> list[str]:
    """Return each of *problems* as `FILE:LINE:COLUMN code`, or `- code`."""
    return [f"{p.place.file}:{p.place.line}:{p.place.column} {p.code}" if p.place else f"- {p.code}" for p in problems]


# ---------------------------------------------------------------------------------------------------------- one file


def test_a_file_that_is_not_there_is_named(write: Write) -> None:
    """The message has the path as it was given and the system's reason; what the other files hold is judged too."""
    write("spec.yaml", spec("{web: 80800}"))
    _, problems = load("spec.yml", "spec.yaml")
    assert places(problems) == ["spec.yaml:4:13 bad-value", "- unreadable-file"]
    assert problems[1].message == "spec.yml: No such file or directory"


def test_a_path_that_no_system_takes_is_a_problem(write: Write) -> None:
    """A zero byte in a name is refused by Python itself."""
    write("spec.yaml", WEB)
    assert places(load("spec\0.yaml")[1]) == ["- unreadable-file"]


def test_a_link_to_nowhere_is_named(write: Write) -> None:
    """In a folder too, where nobody has named the file."""
    write("specs/web.yaml", DB)
    Path("specs/old.yaml").symlink_to("gone.yaml")
    _, problems = load("specs")
    assert places(problems) == ["- unreadable-file"]
    assert problems[0].message == "specs/old.yaml: No such file or directory"


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "---\n...\n", platform()])
def test_a_file_without_a_connectivity_document_is_no_spec(write: Write, content: str) -> None:
    """Nothing would be rendered, and that is never what was meant."""
    write("spec.yaml", content)
    assert places(load("spec.yaml")[1]) == ["- no-spec"]


def test_no_spec_is_not_said_of_what_could_not_be_read(write: Write) -> None:
    """The spec is there, it only cannot be read."""
    write("spec.yaml", "apps: [\n")
    assert places(load("spec.yaml")[1]) == ["spec.yaml:1:8 yaml-syntax"]
    write("spec.yaml", spec("5"))
    assert places(load("spec.yaml")[1]) == ["spec.yaml:4:7 wrong-type"]


def test_a_foreign_file_that_is_named_is_refused(write: Write) -> None:
    """Whoever names a file means it."""
    write("deployment.yaml", DEPLOYMENT)
    expected = ["deployment.yaml:1:13 unknown-kind", "deployment.yaml:2:7 unknown-kind"]
    assert places(load("deployment.yaml")[1]) == expected


def test_json_is_read(write: Write) -> None:
    """JSON is YAML, and programs write it."""
    header = '"apiVersion": "netgen.dev/v1alpha1", "kind": "Connectivity", "metadata": {"name": "a", "namespace": "b"}'
    write("spec.json", f'{{{header}, "apps": {{"web": {{"port": 8080}}}}}}')
    assert load("spec.json") == (["b/web"], ())


# ----------------------------------------------------------------------------------------------------------- folders


def test_a_folder_is_read_with_all_below_it(write: Write) -> None:
    """The specs of all teams, wherever they stand, under each of the three suffixes."""
    write("teams/web.yaml", WEB)
    write("teams/data/db.yml", DB)
    write("teams/a/b/c/cart.json", CART)
    assert load("teams")[0] == ["checkout/cart", "shop/db", "shop/web"]


def test_a_foreign_file_of_a_folder_is_left_out_with_a_note(write: Write) -> None:
    """Manifests and values lie beside specs; one note says what was not read."""
    write("app/spec.yaml", DB)
    write("app/deployment.yaml", DEPLOYMENT)
    write("app/values.yml", "image: db\n")
    apps, problems = load("app")
    assert (apps, places(problems)) == (
        ["shop/db"],
        ["- skipped-files"],
    )
    assert "in them: app/deployment.yaml, app/values.yml" in text(problems, colour=False)


def test_a_spec_of_a_folder_with_a_slip_in_its_header_is_no_foreign_file(write: Write) -> None:
    """Left out with a note, a whole app would lose its policies."""
    write("app/spec.yaml", DB)
    write("app/group.yaml", WEB.replace("netgen.dev/", "netgen.de/"))
    write("app/none.yaml", CART.replace("apiVersion: netgen.dev/v1alpha1\n", ""))
    assert [place.partition(" ")[2] for place in places(load("app")[1])] == ["unknown-kind", "missing-key"]


def test_a_folder_that_netgen_has_written_is_left_out_without_a_word(write: Write) -> None:
    """Output beside the specs is neither a spec nor news."""
    write("app/spec.yaml", DB)
    write("app/deploy/.netgen", '{"format": 1, "files": {"shop.yaml": "0"}}')
    write("app/deploy/shop.yaml", DEPLOYMENT)
    assert load("app") == (["shop/db"], ())


PLATFORM = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"


def test_the_file_of_the_platform_holds_a_platform(write: Write) -> None:
    """A wrong path would silently mean the defaults."""
    write("spec.yaml", DB)
    write("web.yaml", WEB)
    write("empty.yaml", "# nothing\n")
    write("both.yaml", f"{PLATFORM}---\n{WEB}")
    write("platform.yaml", PLATFORM)
    assert places(load("spec.yaml", platform="web.yaml")[1]) == ["web.yaml:2:7 not-a-platform", "- not-a-platform"]
    assert places(load("spec.yaml", platform="empty.yaml")[1]) == ["- not-a-platform"]
    assert places(load("spec.yaml", platform="both.yaml")[1]) == ["both.yaml:6:7 not-a-platform"]
    assert load("spec.yaml", platform="platform.yaml") == (["shop/db"], ())


def test_the_platform_may_stand_among_the_files_too(write: Write) -> None:
    """A folder that holds it, and the option that names it, are one and the same platform."""
    write("team/spec.yaml", DB)
    write("team/platform.yaml", PLATFORM)
    assert load("team", platform="./team/platform.yaml") == (["shop/db"], ())


def test_what_is_hidden_or_no_yaml_is_not_looked_at(write: Write) -> None:
    """A .git folder, an editor's copy and a README are not even worth a note."""
    write("app/spec.yaml", DB)
    for name in ("app/.git/spec.yaml", "app/.spec.yaml", "app/README.md", "app/spec.yaml~", "app/spec.yaml.orig"):
        write(name, WEB)
    assert load("app") == (["shop/db"], ())


def test_a_folder_without_a_spec_is_no_spec(write: Write) -> None:
    """The notes say what was there instead."""
    write("app/deployment.yaml", DEPLOYMENT)
    assert places(load("app")[1]) == ["- no-spec", "- skipped-files"]
    Path("empty").mkdir()
    assert places(load("empty")[1]) == ["- no-spec"]


def test_a_spec_of_another_encoding_is_not_taken_for_a_foreign_file(write: Write) -> None:
    """A note would hide that a team's spec was not read."""
    write("app/db.yaml", DB)
    Path("app/web.yaml").write_bytes(WEB.encode("utf-16"))
    assert places(load("app")[1]) == ["app/web.yaml:1:1 bad-encoding"]


def test_a_document_of_another_kind_beside_a_spec_is_refused(write: Write) -> None:
    """The file names netgen, so that all of it is meant for netgen."""
    write("app/all.yaml", f"{DB}---\n{DEPLOYMENT}")
    assert places(load("app")[1]) == ["app/all.yaml:6:13 unknown-kind", "app/all.yaml:7:7 unknown-kind"]


# ------------------------------------------------------------------------------------------------ one file, two ways


@pytest.mark.parametrize(
    "paths",
    [("app/db.yaml", "app/db.yaml"), ("app/db.yaml", "./app/../app/db.yaml"), ("app", "app"), ("app", "app/db.yaml")],
)
def test_a_file_that_is_given_twice_is_read_once(write: Write, paths: tuple[str, ...]) -> None:
    """Its documents are no duplicates of themselves, however the path is written."""
    write("app/db.yaml", DB)
    assert load(*paths) == (["shop/db"], ())


def test_a_file_and_a_link_to_it_are_one_file(write: Write) -> None:
    """The first name that is met is the one of the messages."""
    write("app/db.yaml", spec("{db: 5432/tpc}"))
    Path("app/a-link.yaml").symlink_to("db.yaml")
    Path("link.yaml").symlink_to("app/db.yaml")
    assert places(load("app")[1]) == ["app/a-link.yaml:4:17 bad-port"]
    assert places(load("link.yaml", "app")[1]) == ["link.yaml:4:17 bad-port"]


def test_a_folder_that_kubernetes_mounts_is_read(write: Write) -> None:
    """A mounted ConfigMap has its files behind the hidden link ..data, and links to them."""
    write("config/..2026_01_31/db.yaml", DB)
    Path("config/..data").symlink_to("..2026_01_31")
    Path("config/db.yaml").symlink_to("..data/db.yaml")
    assert load("config") == (["shop/db"], ())


def test_a_link_to_a_folder_is_followed_only_when_it_is_named(write: Write) -> None:
    """Otherwise a link to a folder above would never end."""
    write("app/db.yaml", DB)
    write("elsewhere/web.yaml", WEB)
    Path("app/loop").symlink_to("..")
    Path("app/more").symlink_to("../elsewhere")
    apps, problems = load("app")
    assert (apps, places(problems)) == (["shop/db"], ["- skipped-files"])
    assert "app/loop, app/more" in problems[0].message
    assert load("app", "app/more")[0] == ["shop/db", "shop/web"]


def test_the_suffix_of_a_spec_may_be_in_capitals(write: Write) -> None:
    """Some editors and systems write it so."""
    write("app/db.YAML", DB)
    write("app/web.Yml", WEB)
    assert load("app") == (["shop/db", "shop/web"], ())


def test_a_spec_beside_what_netgen_has_written_is_read(write: Write) -> None:
    """Only the files of the record are netgen's own."""
    write("app/.netgen", '{"format": 1, "files": {"shop.yaml": "0"}}')
    write("app/shop.yaml", DEPLOYMENT)
    write("app/spec.yaml", DB)
    assert load("app") == (["shop/db"], ())


# ---------------------------------------------------------------------------------------------------- standard input


def test_a_dash_reads_standard_input(write: Write) -> None:
    """Beside files, with a name of its own in messages."""
    write("web.yaml", WEB)
    assert load("-", "web.yaml", stdin=DB.encode()) == (["shop/db", "shop/web"], ())
    assert places(load("-", stdin=spec("{db: 5432/tpc}").encode())[1]) == ["<stdin>:4:17 bad-port"]


def test_standard_input_is_read_once(write: Write) -> None:
    """A second dash stands for the same text."""
    write("web.yaml", WEB)
    assert load("-", "web.yaml", "-", stdin=DB.encode())[0] == ["shop/db", "shop/web"]


@pytest.mark.parametrize("stdin", [b"", None])
def test_empty_standard_input_is_no_spec(stdin: bytes | None) -> None:
    """As an empty file is."""
    assert places(load("-", stdin=stdin)[1]) == ["- no-spec"]


def test_a_file_called_dash_has_a_path(write: Write) -> None:
    """The dash alone is standard input, as everywhere."""
    write("-", DB)
    assert load("./-")[0] == ["shop/db"]


def test_the_platform_may_come_from_standard_input(write: Write) -> None:
    """A dash means the same for every argument."""
    write("hook.yaml", spec("{hook: {port: 8443, accepts: [cluster/apiserver]}}"))
    stdin = platform('apiserver: ["192.168.10.2:6443"]\n').encode()
    assert load("hook.yaml", platform="-", stdin=stdin) == (["shop/hook"], ())


# ------------------------------------------------------------------------------------------------------ several files


def test_apps_of_several_files_know_each_other(write: Write) -> None:
    """One repository a service: the files of a run are one system."""
    write("web.yaml", WEB)
    write("db.yaml", DB)
    assert load("web.yaml", "db.yaml") == (["shop/db", "shop/web"], ())
    assert places(load("web.yaml")[1]) == ["web.yaml:4:34 unknown-app"]


def test_a_document_of_two_files_is_a_duplicate(write: Write) -> None:
    """It stands at the later file, and the note names the first."""
    write("a.yaml", WEB)
    write("b.yaml", spec("{db: 5432/tcp}", name="web"))
    _, problems = load("a.yaml", "b.yaml")
    assert places(problems) == ["b.yaml:3:18 duplicate-document"]
    assert problems[0].notes == ("the first is at a.yaml:3",)


def test_an_app_of_two_files_is_a_duplicate(write: Write) -> None:
    """Names are unique in a namespace, not in a document."""
    write("a.yaml", DB)
    write("b.yaml", spec("{db: 5433/tcp}", name="other"))
    _, problems = load("a.yaml", "b.yaml")
    assert places(problems) == ["b.yaml:4:8 duplicate-app"]
    assert problems[0].notes == ("it stands at a.yaml:4",)


def test_two_platforms_are_one_too_many(write: Write) -> None:
    """In two files, or beside the one of the option; the note names the first."""
    write("db.yaml", DB)
    write("prod.yaml", platform())
    write("staging.yaml", platform())
    _, problems = load("db.yaml", "prod.yaml", "staging.yaml")
    assert places(problems) == ["staging.yaml:2:7 several-platforms"]
    assert problems[0].notes == ("the first is at prod.yaml:2",)
    assert places(load("db.yaml", "prod.yaml", platform="staging.yaml")[1]) == ["staging.yaml:2:7 several-platforms"]


def test_a_platform_that_is_named_twice_is_one(write: Write) -> None:
    """A folder may hold the file that the option names."""
    write("app/db.yaml", DB)
    write("app/prod.yaml", platform())
    assert load("app", platform="app/prod.yaml") == (["shop/db"], ())


def test_problems_come_by_file_and_line(write: Write) -> None:
    """All of them, whatever the order in which the files are given; what has no place comes last."""
    write("b.yaml", spec("{web: {port: 80, calls: [dbs], accepts: ['*']}}"))
    write("a.yaml", spec("{cart: {port: 80/upd}}", "checkout") + "include: [x.yaml]\n")
    write("c.yaml", "apps: [\n")
    expected = [
        "a.yaml:4:24 bad-port",
        "a.yaml:5:1 not-yet",
        "b.yaml:4:48 bare-star",
        "c.yaml:1:8 yaml-syntax",
        "- unreadable-file",
    ]
    for order in itertools.permutations(["a.yaml", "b.yaml", "c.yaml", "d.yaml"]):
        assert places(load(*order)[1]) == expected


def test_the_order_of_files_changes_no_byte(write: Write) -> None:
    """Nor does it matter whether files or their folder are given."""
    files = {"web": WEB, "db": DB, "cart": CART, "platform": platform("owners: {shop: team-a, checkout: team-a}\n")}
    paths = [str(write(f"app/{name}.yaml", content)) for name, content in files.items()]
    streams = {
        api.stream(api.render(api.load(order).intent), "yaml") for order in [*itertools.permutations(paths), ["app"]]
    }
    assert len(streams) == 1


# ---------------------------------------------------------------------------------------- what follows from a mistake


def test_a_file_that_cannot_be_read_hides_no_other_mistake_and_makes_none_up(write: Write) -> None:
    """It may hold any app and the platform, so nobody is told that these are missing."""
    write("web.yaml", spec("{web: {port: 80/tpc, calls: [db, pay/api], expose: 'https://a.example.com'}}"))
    write("db.yaml", "apps: {db: 5432\n")
    assert places(load("web.yaml", "db.yaml")[1]) == ["db.yaml:1:16 yaml-syntax", "web.yaml:4:23 bad-port"]


def test_a_mistake_in_one_namespace_hides_none_in_another(write: Write) -> None:
    """The apps of shop are not known, since one has no name; those of checkout are."""
    write("shop.yaml", spec("{Web: 80}"))
    write("checkout.yaml", spec("{cart: {calls: [shop/db, orders]}}", "checkout"))
    expected = ["checkout.yaml:4:32 unknown-app", "shop.yaml:4:8 bad-name"]
    assert places(load("shop.yaml", "checkout.yaml")[1]) == expected


def test_a_text_that_readers_disagree_on_hides_no_mistake_of_another_file(write: Write) -> None:
    """The document has a meaning all the same; only its own apps are not known for sure."""
    write("shop.yaml", spec("{web: 08080}"))
    write("checkout.yaml", spec("{cart: {calls: [shop/web, shop/db, orders]}}", "checkout"))
    expected = ["checkout.yaml:4:42 unknown-app", "shop.yaml:4:13 ambiguous-scalar"]
    assert places(load("shop.yaml", "checkout.yaml")[1]) == expected


def test_a_bad_platform_file_is_the_only_one_to_blame(write: Write) -> None:
    """Owners, entry points, addresses and the version may stand in what could not be read."""
    apps = "{2048: {port: 8443, calls: [pay/api, cluster/apiserver], accepts: [cluster/nodes], expose: 'https://a.b'}}"
    write("shop.yaml", spec(apps.replace("2048", "'2048'")))
    write("pay.yaml", spec("{api: 80}", "pay"))
    for broken, expected in (("owners: [\n", "4:10 yaml-syntax"), ("cni: 5\n", "4:6 wrong-type")):
        write("platform.yaml", platform(broken))
        assert places(load("shop.yaml", "pay.yaml", "platform.yaml")[1]) == [f"platform.yaml:{expected}"]


def test_a_platform_that_is_not_there_is_the_only_one_to_blame(write: Write) -> None:
    """The option names a file, so there is a platform."""
    write("shop.yaml", spec("{web: {port: 80, expose: 'https://a.example.com'}}"))
    assert places(load("shop.yaml", platform="platform.yaml")[1]) == ["- unreadable-file"]
