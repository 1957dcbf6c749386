"""The pages of docs/ that are made from the code: problem codes, the keys of the language, the commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from netgen.cli import COMMANDS, netgen
from netgen.problems import CODES

Schema = dict[str, Any]

ROOT = Path(__file__).parents[1]
REWRITE = "`./dev test -k page --update-golden` writes it anew"


# ------------------------------------------------------------------------------------------------------ problem codes


def problems_page() -> str:
    """Return docs/problems.md as the table of codes makes it."""
    rows = [f'| <a id="{code}"></a>`{code}` | {one.severity} | {one.meaning} |' for code, one in sorted(CODES.items())]
    head = "# Problem codes\n\nGenerated from `generator/netgen/problems.py`. After an error nothing is written.\n"
    return "\n".join([head, "| code | weight | meaning |", "|---|---|---|", *rows, ""])


# ----------------------------------------------------------------------------------------------- keys of the language

LANGUAGE = f"""# Every key

Generated from the JSON Schemas in `schemas/`; {REWRITE}. [Writing a spec](spec.md) explains the language.

A key is called by where it stands: `apps.APP.calls[].to` is the key `to` of an item of the list `calls` of an app.
Words in capitals stand for names of your own. A key that is not listed here is an error, and so is one without a value.
"""


def language_page() -> str:
    """Return docs/language.md as the schemas make it."""
    return LANGUAGE + "".join(_kind(kind) for kind in ("connectivity", "platform"))


def _kind(kind: str) -> str:
    schema = json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    seen: dict[str, str] = {}
    text = f"\n## {schema['title']}\n\n{schema['description']}\n"
    return text + "".join(_entries(schema, schema, "", seen))


def _entries(node: Schema, schema: Schema, path: str, seen: dict[str, str]) -> Iterator[str]:
    """Yield the text of each key below *node*; a map that stands in several places is told where it stands first."""
    told = set()
    for place, one in _maps(node, schema, path):
        name = one.get("named", "")
        if name in seen:
            if (place, seen[name]) not in told:
                yield f"\n`{place}` is a map with the keys of `{seen[name]}`.\n"
            told.add((place, seen[name]))
            continue
        if name:
            seen[name] = place
        for key, value in one.get("properties", {}).items():
            below = f"{place}.{key}" if place else key
            found = _resolved(value, schema)
            yield _entry(below, key, found, is_required=key in one.get("required", ()), schema=schema)
            yield from _entries(found, schema, below, seen)


def _maps(node: Schema, schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield each map with keys of its own that *node* may be or hold, and its place."""
    one = _resolved(node, schema)
    if "properties" in one:
        yield path, one
    for branch in one.get("anyOf", ()):
        yield from _maps(branch, schema, path)
    if "items" in one:
        yield from _maps(one["items"], schema, f"{path}[]")
    more = one.get("additionalProperties")
    if isinstance(more, dict):
        yield from _maps(more, schema, f"{path}.{_NAMES.get(path.rpartition('.')[2], 'NAME')}")


_NAMES = {
    "apps": "APP",
    "peers": "PEER",
    "ports": "PORT",
    "expose": "PORT",
    "owners": "NAMESPACE",
    "entrypoints": "NAME",
}


def _resolved(node: Schema, schema: Schema) -> Schema:
    """Return *node* with what it refers to; *named* is the name of that."""
    if "$ref" not in node:
        return node
    name = node["$ref"].rpartition("/")[2]
    return {**_resolved(schema["$defs"][name], schema), "named": name, **{k: v for k, v in node.items() if k != "$ref"}}


def _entry(path: str, key: str, one: Schema, *, is_required: bool, schema: Schema) -> str:
    told = one.get("markdownDescription", one.get("description", ""))
    facts = [f"**{', or '.join(dict.fromkeys(_types(one, schema)))}**"]
    facts += ["required"] if is_required else []
    facts += [f"default `{json.dumps(one['default'])}`"] if "default" in one else []
    text = f"\n### {path}\n\n{'; '.join(facts)}\n\n{told}\n"
    if "```" in told or not one.get("examples") or "const" in one:
        return text
    return text + "\n```yaml\n" + "".join(f"{key}: {_flow(example)}\n" for example in one["examples"]) + "```\n"


def _types(one: Schema, schema: Schema) -> Iterator[str]:
    """Yield what a value may be, in words."""
    for branch in one.get("anyOf", ()):
        yield from _types(_resolved(branch, schema), schema)
    if "const" in one:
        yield f"`{json.dumps(one['const']).strip(chr(34))}`"
    elif "enum" in one:
        yield ", ".join(f"`{value}`" for value in one["enum"])
    elif "type" in one:
        yield {"object": "map", "array": "list", "string": "text", "integer": "number", "boolean": "true or false"}[
            one["type"]
        ]


def _flow(value: Any) -> str:
    """Return *value* as YAML on one line, with quotes only where they are needed."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(
        r"(?!true$|false$|[0-9.]+$)[A-Za-z0-9@](?!.*(: | #))[^,\[\]{}&'\"]*", value
    ):
        return value
    return json.dumps(value)


# ------------------------------------------------------------------------------------------------------ the commands

CODES_OF_ALL = """
| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a finding: what was asked is not so (each command says what that is) |
| 2 | bad input or usage; nothing was written |
| 3 | the output cannot be written, or git does not run |
| 70 | a fault of netgen, in one line; please report it |
| 130 | interrupted |
"""


def commands_page() -> str:
    """Return docs/commands.md as the help of each command makes it."""
    with click.Context(netgen, info_name="netgen") as context:
        commands = [(name, netgen.get_command(context, name)) for name in COMMANDS]
        texts = [_command(name, command, context) for name, command in commands if command is not None]
    head = f"# Commands\n\nGenerated from the help of each command; {REWRITE}.\n"
    rest = "Manifests and answers go to stdout, everything else to stderr. `-` is standard input.\n"
    return "\n".join([head, rest + CODES_OF_ALL, *texts])


def _command(name: str, command: click.Command, parent: click.Context) -> str:
    with click.Context(command, info_name=name, parent=parent) as context:
        usage = " ".join(command.collect_usage_pieces(context))
        options = [_option(one) for one in command.params if isinstance(one, click.Option)]
    paragraphs = "\n\n".join(part.strip() for part in re.split(r"\n\s*\n", _joined(command.help or "")))
    table = ["| option | meaning |", "|---|---|", *options] if options else []
    examples = _examples(str(command.epilog or ""))
    parts = [f"## {name}\n", f"```text\nnetgen {name} {usage}\n```\n", paragraphs, "", *table, "", examples]
    return "\n".join(parts).rstrip("\n") + "\n"


def _joined(text: str) -> str:
    """Return a help as Markdown: without its indent, and with options as code."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return re.sub(r"(?<![-\w])--?[a-z][-a-z]*", r"`\g<0>`", lines)


def _option(one: click.Option) -> str:
    """Return the row of an option; a few choices stand behind it, many in its meaning."""
    told, value = one.help or "", one.metavar or ""
    if isinstance(one.type, click.Choice):
        value = "|".join(one.type.choices)
        if len(value) > _LONG:
            told, value = f"{told}  One of {', '.join(one.type.choices)}.", "WORD"
    name = ", ".join(one.opts) + (f" {value}" if value and not one.is_flag else "")
    return f"| {_cell(f'`{name}`')} | {_cell(told)} |"


_LONG = 20


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_RUNS = ("netgen ", "cat ", "helm ", "kustomize ", "source ")


def _examples(epilog: str) -> str:
    """Return the examples of a help: as commands, which a test runs, where they are nothing else."""
    lines = [line.strip() for line in epilog.splitlines() if line.strip(" \b")]
    commands = "".join(f"$ {line}\n" for line in lines[1:])
    if all(line.startswith(_RUNS) for line in lines[1:]):
        return f"<!-- exit 0 1 -->\n```console\n{commands}```\n" if commands else ""
    text = "\n".join(line.rstrip() for line in epilog.splitlines() if line.strip(" \b"))
    return f"```text\n{text}\n```\n"
