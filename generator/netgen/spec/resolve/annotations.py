"""The annotations that documents, Services and load balancers have in a spec."""

from __future__ import annotations

from netgen.problems import Problem
from netgen.spec.annotations import judge
from netgen.spec.forms.exposures import ServiceExposure
from netgen.spec.resolve.registry import Registry


def check_annotations(registry: Registry, found: list[Problem]) -> None:
    """Refuse those of the specs that are unsafe, unless the Platform allows them."""
    platform = registry.platform
    if "unsafeAnnotations" in platform.unclear:
        return
    for document in registry.documents:
        judge(document.annotations, document.spot.at("metadata", "annotations"), platform.unsafe, found)
    for entry in registry.entries.values():
        form = entry.form
        if form.service is not None:
            judge(form.service.annotations, form.spot.at("service", "annotations"), platform.unsafe, found)
        for exposure in form.exposures:
            if isinstance(exposure, ServiceExposure):
                judge(exposure.annotations, exposure.spot.at("annotations"), platform.unsafe, found)
