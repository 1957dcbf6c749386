"""Texts that YAML readers, template engines, shells and terminals take for something else; and what Kubernetes takes.

STRINGS are the texts that stand in every place of a spec, PAYLOADS those of them that try to add an object or a rule.
The rules say, without netgen, which texts the API server takes where.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address

# ------------------------------------------------------------------------------------------------------------ texts

WORDS = "y n yes no on off true false null none nan inf infinity ~"
NUMBERS = """
    0 1 -1 +1 00 08 010 0777 0o17 0O17 0b101 0x1f 0X1F 1_000 1__0 _1 1_ .5 -.5 +.5 5. 1.10 1e3 1E3 1e+3 1e-3 .5e1 0e1
    12e34567 1e999 -1e999 1.5e3 0.1.2 1:30 22:22 190:20:30 1:30.5 .inf -.inf +.inf .Inf .INF .nan .NaN .NAN Infinity
    -Infinity NaN 123e4567 0123e456 9223372036854775808 18446744073709551616 1,000 0x 0b 0o e1 1e 1.e1 8080 65535 65536
    2026-11-23 2026-1-1 2026-11-23T10:00:00Z 10.0.0.0/8 ::/0 2001:db8::/32 80:80 80:53 1.2.3 v1.2.3 0x1p4 1e3m 0.0
"""
SIGNS = r"""
    - -- --- -a a- . .. ... .a a. ? ?a : a: :a , a, # #a a#b & &a * *a ! !a !!str | |- > >- ' '' " "" % %YAML @ @a a@b `
    { } {} [ ] [] {{ }} {{x}} {%x%} {#x#} = =a << <<a < > / // /a a/ \ \n $ $a ( ) + _ _a a_b ~a ; ^
"""
SPACED = (
    *("", " ", "  ", " a", "a ", "a b", "a: b", "a : b", "a #b", "- a", "? a", "--- a", "a\nb", "\n", "a\n", "\na"),
    *("a\n\nb", "a\n b", "a\tb", "\ta", "\t", "a\rb", "a\r\nb", "web\n  ingress:\n  - {}", "x\n---\nkind: Pod"),
    *('"a" b', "it's", "a\\nb", 'a"b\\', "---\n", "key: |\n  text", "!!python/object:os.system x"),
)
ODD = tuple(map(chr, [*range(0x20), 0x7F, 0x80, 0x85, 0x9F, 0xA0, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x2028, 0x2029]))
WIDE = tuple("\u202e\u2066\ud7ff\ue000\ufdd0\ufeff\ufff9\ufffd\ufffe\uffff\U0001f600\U0001fffe\U000e0041\U0010ffff")
PAYLOADS = (
    *("a\nb", "\na", "a\n", "a\r\nb", "\n---\n a", "---", "--- x", "\n...\n a", "...", "x\n---\nkind: Pod", "|-\n  a"),
    *("web\n  ingress:\n  - {}", "web\n      ingress:\n      - {}", "x\n  policyTypes: []", 'x"\n  a: "b', "'\n  a: '"),
    *("a: b", "a:", ": a", "- a", "-", "? a", "a #b", "# a", " a", "a ", "\ta", "&a b", "*a", "<<", "!t", ">", "%YAML"),
    *("!!python/object/apply:os.system [id]", "{}", "[]", "{a: b}", "a, b: c}\n  namespace: kube-system #", "@a"),
    *("{{", "{{ view }}", "{{ 7 * 7 }}", "{% for", "{% raw %}", "{#", "${x}", "<b> & &amp;", "'", '"', "\\", "\\n"),
    *("\x1b[31m", "\x00", "\x7f", "a\x85b", "a\u2028b", "\ufeff", "\u202e", "\U0001f600", "no", "~", "1e3", "0x1f"),
    *('{{ "{{" }}', "{{{{", "}}}}", "{{-", "-}}", "{{/*", "*/}}", '{{ include "x" . }}', "{{`{{`}}", "{{ .Values.x }}"),
    *("{%- endraw -%}", "{% include '/etc/passwd' %}", "{{ ''.__class__ }}", "{{ env }}", "$(id)", "`id`", "${IFS}"),
    *("web\n  egress:\n  - {}\n", "*/*", "- {}", "]\n  egress: [{}]\n#", '"}\n---\napiVersion: v1\nkind: Secret\n'),
)
"""H13: line breaks, colons, comments, documents, anchors, tags and the braces of Jinja and Helm."""
SIZED = (
    *("a" * 15, "a" * 16, "a" * 62, "a" * 63, "a" * 64, "9" * 63, f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}"),
    *(f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 62}", "a" * 1000, "a b " * 4000, '"' * 3000, "\\" * 1025, "é" * 2000),
    *("x" * 130_000, f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}/{'e' * 63}"),
)
"""Around the lengths at which names end, at which a YAML key ends (1024), and longer than any reader's buffer."""
NAMES = (
    *("a", "9", "a-b", "a--b", "A", "aB", "A_b.c-d", "a.b", "a..b", "a-.b", "a.-b", "1a", "a1", "12", "1-2", "e-1"),
    "x_y",
    *("example.com", "example.com/a", "Example.com/a", "example.com/A_b.c", "a/b/c", "/a", "a/", "kubernetes.io/h2c"),
    *("*.example.com", "*", "*.com", "a.*.b", "é", "日本", "xn--nxasmq6b", "localhost", "a.b.", "10.0.0.1"),
    "2001:db8::1",
    *("con", "kustomization", "y-1", "no-1", "1e3-x", "0x1f-x", "null-x", "customer-facing-http", "true.false", "n.y"),
    *("/a/b", "/a b", "/a;b", "/a%20b", "/a%2Fb", "/a//b", "/a/../b", "/~a", "/a$b", "/a{b}", '/a"b', "/.well-known/x"),
)
"""Names of every kind that Kubernetes has, and names that are nearly one."""
CASED = f"{WORDS} {WORDS.upper()} {WORDS.title()} {NUMBERS} {SIGNS}"
HARD = tuple(sorted({*CASED.split(), *SPACED, *ODD, *WIDE, *(f"a{sign}b" for sign in (*ODD, *WIDE))}))
"""For readers alone, which are fast: every odd character alone and within a word."""
STRINGS = tuple(sorted({*CASED.split(), *SPACED, *ODD[::3], *WIDE[::2], *PAYLOADS, *SIZED, *NAMES}))

# ------------------------------------------------------------------------------------------------------------ rules

Rule = Callable[[str], object]

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
# What no file and no terminal should hold, and netgen refuses anywhere (H8), although the API server takes it in an
# annotation: control characters, line breaks that nobody sees, marks of direction, what is invisible or no character.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f]"
)


def hidden(text: str) -> bool:
    """Say whether *text* holds a character that a spec may not hold."""
    return bool(_HIDDEN.search(text)) or any(ord(sign) & 0xFFFE == 0xFFFE for sign in text)


def dns_label(text: str) -> bool:
    """Say whether *text* is a DNS-1123 label: namespaces, and Services from Kubernetes 1.36 on."""
    return len(text) <= 63 and re.fullmatch(_LABEL, text) is not None


def subdomain(text: str) -> bool:
    """Say whether *text* is a DNS-1123 subdomain: most names of objects."""
    return len(text) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None


def host(text: str) -> bool:
    """Say whether *text* is the host of an Ingress: a name, or `*.` and a name, and no address."""
    try:
        ip_address(text)
    except ValueError:
        return subdomain(text[2:]) and len(text) <= 253 if text.startswith("*.") else subdomain(text)
    return False


def label_value(text: str) -> bool:
    """Say whether *text* is the value of a label."""
    return text == "" or (len(text) <= 63 and re.fullmatch(_NAME, text) is not None)


def label_key(text: str) -> bool:
    """Say whether *text* is a qualified name: the key of a label, an appProtocol, the class of a load balancer."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or subdomain(prefix)) and name != "" and label_value(name)


def annotation_key(text: str) -> bool:
    """Say whether *text* is the key of an annotation, which is held against the rule in lower case."""
    return label_key(text.lower())


def url_path(text: str) -> bool:
    """Say whether `/` and *text* are a path that an Ingress takes as Exact and Prefix, and that a URL can hold (H16).

    RFC 3986 has `'`, `;`, `$` and `*` in paths too: the first three became configuration of a controller, and the star
    is taken for a pattern by several.
    """
    path = f"/{text}"
    is_url = re.fullmatch(r"(?:[A-Za-z0-9._~!&()+,=:@/-]|%[0-9A-Fa-f]{2})*", path) is not None
    return is_url and not re.search(r"//|/\.\.?(?:/|$)|%2f|%2F", path)


def http_path(text: str) -> bool:
    """Say whether `/` and *text* are the path of a rule for HTTP, which a proxy sees as it is written.

    A URL can hold it (RFC 3986, 3.3), nothing of it is encoded for no reason (6.2.2.2), a star is a whole segment, and
    it is short enough for Envoy: 100 steps, of which 10 are not of the text.
    """
    if len(text) > 90 or not re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*", text):
        return False
    encoded = "".join(chr(int(pair, 16)) for pair in re.findall("%(..)", text))
    *inner, last = text.split("/")
    stars = ["*" in one and one != "*" for one in inner] + ["*" in last and last not in ("*", "**")]
    empty = {"", ".", ".."} & {*inner} or last in (".", "..")
    return not re.search(r"[A-Za-z0-9._~/\\-]", encoded) and not any(stars) and not empty


def known_to_cilium(text: str) -> bool:
    """Say whether *text* is the key of a label that Cilium tells pods by, of which it leaves out Kubernetes' own."""
    return label_key(text) and not re.search("kubernetes.io/", text)


def called_host(text: str) -> bool:
    """Say whether *text* is a host that DNS knows outside the cluster, or `*.` and what such names end with."""
    labels = text.split(".")
    return host(text) and len(labels) > 1 and max(map(len, labels)) <= 63 and not labels[-1].isdigit()


def account(text: str) -> bool:
    """Say whether *text* is a service account that the value of a label can name."""
    return subdomain(text) and len(text) <= 63


def sentence(text: str) -> bool:
    """Say whether *text* says something, as a reason must."""
    return text != ""


def anything(text: str) -> bool:
    """Say that any *text* will do, as the value of an annotation does."""
    return isinstance(text, str)
