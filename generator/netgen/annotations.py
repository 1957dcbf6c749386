"""Annotations that are more than a setting: a controller's own configuration, hosts beside the spec's, no applying."""

from __future__ import annotations

import re

# The prefix of most controllers can be set, so that the name behind the slash decides. Sources:
#   kubernetes/ingress-nginx: docs/user-guide/nginx-configuration/annotations-risk.md @controller-v1.15.1 (critical)
#   nginx/kubernetes-ingress: docs of nginx.org/server-snippets, nginx.org/location-snippets
#   haproxytech/kubernetes-ingress: documentation/annotations.md @v3.2.11 (backend-config-snippet)
#   jcmoraisjr/haproxy-ingress: docs/content/en/docs/configuration/keys.md (config-backend and its like)
_IS_CODE = re.compile(
    r"(?:.*/)?(?:[^/]*snippets?|config-(?:backend|frontend|global|defaults|proxy|sections|tcp|peers)(?:-[^/]*)?)"
    # emissary-ingress/emissary (Mappings in an annotation of a Service) and zalando/skipper
    r"|getambassador[.]io/config|zalando[.]org/skipper-routes"
).fullmatch
# ingress-nginx and haproxy-ingress; Kong/kubernetes-ingress-controller; Azure/application-gateway-kubernetes-ingress
_IS_ALIAS = re.compile(r"(?:.*/)?(?:server-alias(?:-regex)?|host-aliases|hostname-extension)").fullmatch
# kubernetes-sigs/aws-load-balancer-controller: docs/guide/ingress/annotations.md; hosts and paths join the rule.
_CONDITIONS = "alb.ingress.kubernetes.io/conditions."
_WIDENING = ("host-header", "path-pattern")

# The values under which a tool leaves out or removes what carries them; with other values these keys do nothing.
#   kubernetes-sigs/kustomize: api/internal/accumulator (local-config: whatever is not "false")
#   helm/helm: docs of chart hooks; argoproj/argo-cd: docs/user-guide/resource_hooks.md
#   fluxcd/kustomize-controller: docs/spec/v1/kustomizations.md (reconcile, ssa)
_HELD_BACK = {
    "config.kubernetes.io/local-config": re.compile(r"(?!false$).*", re.DOTALL).fullmatch,
    "helm.sh/hook": re.compile(r".+", re.DOTALL).fullmatch,
    "argocd.argoproj.io/hook": re.compile(r".+", re.DOTALL).fullmatch,
    "kustomize.toolkit.fluxcd.io/reconcile": re.compile(r"disabled", re.IGNORECASE).fullmatch,
    "kustomize.toolkit.fluxcd.io/ssa": re.compile(r"ignore", re.IGNORECASE).fullmatch,
}

_NGINX = "nginx.ingress.kubernetes.io/"
# What ends or begins a directive of nginx, or hides the rest of one (CVE-2021-25746, CVE-2023-5044, CVE-2025-24514,
# CVE-2025-1097, CVE-2025-1098). Since 1.12 ingress-nginx itself refuses nearly all of them. Braces also stand in
# ${names} and in the repetitions of regular expressions, and line ends in lists of addresses.
_BREAKS_OUT = re.compile("[\x00-\x1f\x7f;\"'`#{}]")
_BRACED = re.compile(r"\$\{[A-Za-z0-9_]+\}|\{[0-9]+(?:,[0-9]*)?\}")
_IS_ESCAPING = re.compile(r"(?:[^\\]|\\.)*\\", re.DOTALL).fullmatch
"""A backslash at the end takes what nginx has behind it, a quote or a semicolon, for a character of the value."""
_IS_ADDRESSES = re.compile(r"(?=[^.:]*[.:])[0-9A-Fa-f.:/, \t\r\n]*").fullmatch


def unsafe_key(key: str, value: str) -> str:
    """Return what an annotation with this key does that no spec can answer for, as a phrase; an empty text if nothing.

    *value* matters only where the key alone does not tell.
    """
    name = key.casefold()
    if _IS_CODE(name):
        return "is a part of a controller's own configuration"
    if _IS_ALIAS(name) or (name.startswith(_CONDITIONS) and any(word in value for word in _WIDENING)):
        return "serves hosts or paths that no spec says"
    if holds_back(key, value):
        return "keeps what carries it from being applied like the rest"
    return ""


def holds_back(key: str, value: str) -> bool:
    """Return whether the annotation keeps its object from being applied by kustomize, Helm, Argo CD or Flux."""
    return key in _HELD_BACK and _HELD_BACK[key](value) is not None


def unsafe_value(key: str, value: str) -> str:
    """Return what the value holds that can become configuration of ingress-nginx, as a phrase; else an empty text."""
    if not key.casefold().startswith(_NGINX) or _IS_ADDRESSES(value):
        return ""
    found = _BREAKS_OUT.search(_BRACED.sub("", value))
    if found is None:
        return "ends with a backslash, which hides the end of nginx's line" if _IS_ESCAPING(value) else ""
    shown = f"`{found[0]}`" if found[0].isprintable() and found[0] != "`" else "a backtick"
    held = shown if found[0].isprintable() else "a line break" if found[0] in "\n\r" else "a control character"
    return f"holds {held}, which ends or begins a line of nginx's configuration"


def unsafe(key: str, value: str) -> str:
    """Return what is unsafe about an annotation, its key or its value, as a phrase; an empty text where nothing is."""
    return unsafe_key(key, value) or unsafe_value(key, value)
