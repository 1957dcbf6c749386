"""The pods of a spec that is compared with manifests: where these have workloads, they are those of its apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Workload
from netgen.intent import Intent
from netgen.scene import IMPLIED
from netgen.verify.around.chosen import Index
from netgen.verify.ideal import selector

Names = Mapping[str, str]
"""The app of each workload, by their names."""


def of_workloads(spec: Cluster, intent: Intent, given: Cluster) -> tuple[Cluster, Names]:
    """Return *spec*, which *intent* was rendered to, with the workloads of *given* in the place of pods of its apps.

    It has the namespaces of *given* too. An app of which no workload is given keeps pods of its own. The names have, of
    several apps that have a workload, the one that is called like it, or else the narrowest.
    """
    spec = replace(spec, namespaces=spec.namespaces or given.namespaces)
    given_workloads = [one for one in given.workloads if one.kind != IMPLIED]
    index = Index(given_workloads)
    found: dict[Workload, None] = {}
    names: dict[str, str] = {}
    having = set()
    for app in sorted(intent.apps, key=lambda one: (len(one.selector.labels), str(one.key))):
        asked = selector(app.selector)
        mine = [one for one in index.selected(app.pods) if asked.matches(one.selectable)]
        if mine:
            having.add(str(app.key))
        found |= dict.fromkeys(mine)
        names |= {str(one): str(app.key) for one in mine if names.get(str(one)) != str(one)}
    own = (one for one in spec.workloads if str(one) not in having)
    return replace(spec, workloads=(*found, *own)), names
