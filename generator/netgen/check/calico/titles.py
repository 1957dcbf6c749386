"""Names of policies and tiers. Source: projectcalico/calico, libcalico-go/lib/names/policy.go."""

from __future__ import annotations

import re

from netgen.check import names

DEFAULT = "default"
BUILT_IN = (DEFAULT, "kube-admin", "kube-baseline", "adminnetworkpolicy", "baselineadminnetworkpolicy")
"""The tiers that Calico makes itself."""

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_IS_LABEL = re.compile(_LABEL).fullmatch
_RESERVED = ("knp.", "ossg.", "kcnp.", "kanp.", "kbanp.")


def of_policy(name: str, tier: str) -> tuple[str, ...]:
    """Check the name of a policy in *tier*; up to Calico 3.31 what stands before its dot is the tier."""
    if name.startswith(_RESERVED):
        return ("must not begin like the name of a policy that Calico makes itself",)
    rest = name.removeprefix(f"{tier}.")
    if tier != DEFAULT and rest == name:
        return (f'must be the name of the tier, a dot and one word: "{tier}.NAME"',)
    if not _IS_LABEL(rest):
        return ("must consist of lower case alphanumeric characters or '-', with no dot but one behind the tier",)
    return names.dns_subdomain(name)


def of_tier(name: str) -> tuple[str, ...]:
    """Check the name of a tier that somebody makes."""
    return ("is a tier that Calico makes itself",) if name in BUILT_IN else names.dns_label(name)
