"""What can be wrong: Problem, the one table of its codes, and the errors that carry problems."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from netgen.records import record


class Severity(StrEnum):
    """How much a problem weighs: an error stops the run, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Place(NamedTuple):
    """Where a problem stands: *line* and *column* count from 1, in characters; *width* is the length of the carets.

    *text* is the whole source line, without its line end, as it is shown above the caret.
    """

    file: str
    line: int
    column: int
    width: int = 1
    text: str = ""


class Code(NamedTuple):
    """One kind of problem: its weight and the sentence of the documentation."""

    severity: Severity
    meaning: str


@record
class Problem:
    """One finding about the input: a code of CODES, a place (None: the run), a sentence, evidence and the mending.

    *notes* are sentences of evidence (the other file, the choices); *fix* says what to write, and where.
    """

    code: str
    place: Place | None
    message: str
    notes: tuple[str, ...] = ()
    fix: str = ""

    @property
    def severity(self) -> Severity:
        """Return the weight that the table gives the code."""
        return CODES[self.code].severity


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return *problems* by file, line and column, each once; those without a place come last."""
    unique = {(p.code, p.place, p.message): p for p in problems}
    return tuple(
        sorted(
            unique.values(),
            key=lambda p: (p.place is None, p.place or Place("", 0, 0), p.code, p.message),
        )
    )


class NetgenError(Exception):
    """The input cannot be used; *problems* says why, all of it at once."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = in_order(list(problems))
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in self.problems))


class RefutedError(NetgenError):
    """The manifests do not do what the spec says: exit code 1."""


class OutputError(Exception):
    """The environment refused the output (a read-only folder, a full disk): exit code 3."""


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: dict[str, Code] = {
    # reading
    "unreadable-file": Code(_E, "The file or folder cannot be read."),
    "no-spec": Code(_E, "There is no Connectivity document in what was given."),
    "too-large": Code(_E, "A spec is over 10 MiB, a file of manifests over 200 MiB, or aliases unfold to too much."),
    "bad-encoding": Code(_E, "The text is not UTF-8."),
    "control-character": Code(_E, "The text holds a character that is invisible or steers a terminal."),
    "yaml-syntax": Code(_E, "The text is not YAML."),
    "yaml-tag": Code(_E, "A spec has no tags."),
    "yaml-anchor": Code(_E, "A spec has no anchors and aliases."),
    "yaml-merge-key": Code(_E, "A spec has no merge keys."),
    "duplicate-key": Code(_E, "A key stands twice in one map."),
    "key-not-text": Code(_E, "A key is not text."),
    "ambiguous-scalar": Code(_E, "YAML readers disagree on what the unquoted text means."),
    "too-deep": Code(_E, "The document is nested too deeply: more than 64 levels in a spec."),
    "unknown-revision": Code(_E, "There is no such git revision, or no repository that could have it."),
    "empty-side": Code(_N, "One side of a comparison holds no objects, so that all is new, or gone."),
    "nothing-to-compare": Code(_E, "Neither side of a comparison holds any object."),
    "spec-given": Code(_E, "Specs were given where manifests are read."),
    "spec-left-out": Code(_W, "Specs among the manifests were left out."),
    "resource-list": Code(_E, "The text is not a ResourceList, as a KRM function is given one."),
    "overlay-changes": Code(_W, "A kustomization changes what the manifests mean when it is built."),
    "overlay-unbuilt": Code(_W, "Files were read as they are, and a kustomization among them builds something else."),
    "skipped-files": Code(_N, "Files of a folder hold no netgen document and were left out."),
    # shape
    "unknown-kind": Code(_E, "The document's apiVersion and kind are none of netgen's."),
    "wrong-type": Code(_E, "The value is of another type than the key takes."),
    "unknown-key": Code(_E, "The key is not part of the language at this place."),
    "missing-key": Code(_E, "A required key is missing."),
    "bad-value": Code(_E, "The value is not one that the key takes."),
    "not-yet": Code(_E, "The key or form is part of the language, but this version does not read it yet."),
    # short forms
    "bad-name": Code(_E, "The name is not one that Kubernetes takes at this place."),
    "reserved-name": Code(_E, "The name has a meaning of its own in the language, or belongs to netgen."),
    "bad-port": Code(_E, "The text is not a port."),
    "bad-target": Code(_E, "The text is not something that can be called."),
    "bad-caller": Code(_E, "The text is not something that can be accepted."),
    "bad-allow": Code(_E, "A permission of the platform says more than FROM -> TO, or leaves a namespace out."),
    "bad-claim": Code(_E, "The text is not a claim: FROM -> TO."),
    "bad-grant": Code(_E, "The text is no port name and no HTTP rule, or the rule says nothing."),
    "bad-path": Code(_E, "The text is not the path of an HTTP rule."),
    "bad-url": Code(_E, "The text is not a URL that can be exposed."),
    "bad-exposure": Code(_E, "The text is none of the ways to expose an app."),
    "bad-address": Code(_E, "The text is not an address or CIDR in its canonical form."),
    "bad-raw": Code(_E, "The object under `raw` has a kind, a namespace or a value that is not passed through."),
    "bad-selector": Code(_E, "The text is not a selector of pods."),
    "missing-scheme": Code(_E, "A host outside the cluster is written without its scheme."),
    "bare-star": Code(_E, "A star needs a namespace: here/* or any is meant."),
    # names and references
    "duplicate-document": Code(_E, "Two documents have the same kind, namespace and name."),
    "duplicate-app": Code(_E, "An app or peer name is used twice in one namespace."),
    "not-a-platform": Code(_E, "The file given as the platform holds no Platform document, or something else too."),
    "several-platforms": Code(_E, "More than one Platform document was given."),
    "unknown-app": Code(_E, "No app or peer has this name."),
    "callee-not-loaded": Code(_E, "An app is called in a namespace that no loaded document speaks for."),
    "grant-idle": Code(_W, "An app that is open to the whole internet accepts an address: that narrows nothing."),
    "claim-idle": Code(_W, "A claim speaks of a namespace that no loaded document speaks for, or of no app at all."),
    "not-denied": Code(_N, "A claim is proved for the apps, and nothing that is rendered denies it for other pods."),
    "not-accepted": Code(_N, "A permission of the platform is open at the apps, and nothing opens it for other pods."),
    "apiserver-every-port": Code(_W, "No platform names the API server's port, so that all its TCP ports are opened."),
    "system-denied": Code(_W, "A claim denies the pods of kube-system too, such as the cluster's DNS servers."),
    "address-or-port": Code(_W, "The end of an IPv6 address may be meant as a port, which stands after brackets."),
    "address-of-cluster": Code(_W, "An address is one of the cluster's own, which policies may never see."),
    "allow-unmanaged": Code(_N, "A permission of the platform names a namespace of which no spec is loaded."),
    "caller-unmanaged": Code(_W, "A caller's namespace is not loaded: its pods are taken to carry the default label."),
    "selectors-overlap": Code(_E, "Every pod of one app is also a pod of another."),
    "unknown-overlap": Code(_E, "An app named under overlaps does not overlap."),
    "peer-managed": Code(_W, "A peer has the pods of an app, whose policy knows nothing of the peer."),
    "unknown-external": Code(_E, "The platform names no such external, or says nothing of it for the environment."),
    "unknown-env": Code(_E, "The platform names no such environment."),
    "env-needed": Code(_E, "A value differs between environments, and nothing says for which one the run is."),
    "dns-needed": Code(_E, "A host is called by its name by an app that may not ask for its address."),
    # ports
    "unknown-port": Code(_E, "The callee has no such port."),
    "container-port": Code(_E, "The number is the container port; calls name the service port."),
    "ambiguous-port": Code(_E, "Several ports are possible, and one must be named."),
    "port-range": Code(_E, "A range of ports stands where one port must, or a call names a part of a range."),
    "port-needed": Code(_E, "The target's ports are not known, so the port must be written."),
    "no-ports": Code(_E, "The callee has no ports."),
    "duplicate-port": Code(_E, "Two ports of one app collide."),
    # consent
    "consent-missing": Code(_E, "The callee belongs to another owner and does not accept the caller."),
    "port-not-granted": Code(_E, "The call names a port that the callee's grant leaves out."),
    "http-not-granted": Code(_E, "The call writes HTTP requests that the callee's grant leaves out."),
    "path-too-long": Code(_E, "The path of an HTTP rule is longer than the proxy of the CNI takes."),
    "http-port": Code(_E, "An HTTP rule is about a port without HTTP, or about what no policy holds."),
    "grant-unused": Code(_W, "The callee accepts a caller that does not call it; nothing is opened."),
    # services and exposure
    "service-name": Code(_E, "The Service name is not valid for the Kubernetes version."),
    "service-needed": Code(_E, "The exposure or setting needs a Service, and the app has none."),
    "service-conflict": Code(_E, "Settings of one Service exclude each other."),
    "node-port": Code(_E, "The node port is out of range or taken."),
    "clients-need-local": Code(_E, "Client addresses are named, but the traffic policy hides them."),
    "entrypoint-missing": Code(_E, "No entry point serves the URL's host."),
    "entrypoint-unknown": Code(_E, "No entry point has this name."),
    "entrypoint-ambiguous": Code(_E, "Several entry points serve the URL's host."),
    "unknown-controller": Code(_E, "The entry point's controller is not known, so its pods cannot be named."),
    "controller-assumed": Code(_N, "Nothing says who serves a Gateway: the pods that its standard asks for, perhaps."),
    "annotation-conflict": Code(_E, "A document would change an annotation that the entry point sets."),
    "unsafe-annotation": Code(
        _E, "An annotation is configuration of a controller, or serves hosts no spec says; a Platform may allow it."
    ),
    "annotation-allowed": Code(_W, "The Platform allows an unsafe annotation, and what it opens is not known."),
    "route-duplicate": Code(_E, "Two exposures claim one host and path."),
    "route-path": Code(_E, "The path is not one that the Ingress or HTTPRoute, or its controller, takes."),
    "scheme-mixed": Code(_E, "One host is exposed both with and without TLS."),
    "certificate-missing": Code(_E, "The entry point's controller serves https only with a Secret, and none is named."),
    "listener-certificate": Code(_E, "At a Gateway the listener holds the certificate, and a route can name none."),
    "listener-unnamed": Code(_W, "An https URL is served by every listener of a Gateway, without TLS as well."),
    "certificate-shared": Code(_E, "Two namespaces would each issue a certificate for one host."),
    # what the platform cannot do
    "unknown-cni": Code(_E, "The CNI is not one that netgen knows."),
    "needs-unmet": Code(_E, "The platform needs what its CNI cannot do, or is not known to do."),
    "cni-setting": Code(_N, "What is asked for is off in the CNI until a setting turns it on, which is no manifest."),
    "unenforceable-apiserver": Code(_E, "A plain NetworkPolicy reaches the API server only by its addresses."),
    "unenforceable-nodes": Code(_E, "A plain NetworkPolicy reaches nodes only by their addresses."),
    "unenforceable-fqdn": Code(_E, "The CNI enforces no rules for host names."),
    "unenforceable-wildcard-fqdn": Code(_E, "The CNI enforces no rules for every name under a domain, at any depth."),
    "unenforceable-http": Code(_E, "The CNI enforces no rules for HTTP methods and paths."),
    "unenforceable-service-account": Code(_E, "The CNI does not tell pods by their service account."),
    "unenforceable-stage": Code(_E, "The CNI has no policies that close nothing, as the stage asks for."),
    "unenforceable-entrypoint": Code(_E, "The entry point's proxy is no pod, and the CNI has no word for it."),
    "not-implemented": Code(_E, "The CNI does not implement a kind of policy that the Platform says is installed."),
    "policies-full": Code(_E, "There are more ClusterNetworkPolicies than priorities for them."),
    "calicoctl-needed": Code(_N, "No API server is known to serve Calico's own kinds, which calicoctl applies."),
    "unenforceable-isolation": Code(_E, "The CNI enforces no policy, and something is to be closed."),
    "unenforceable-port-range": Code(_E, "The CNI enforces no rules for ranges of ports."),
    "unenforceable-sctp": Code(_E, "The CNI is not known to enforce rules for SCTP."),
    "unenforceable-ipv6": Code(_E, "The CNI takes no rules for addresses of IPv6."),
    "unenforceable-label": Code(_E, "The CNI does not see the label, so that no policy can select by it."),
    "enforced-l4": Code(_W, "The CNI cannot enforce a rule, which says `enforce: l4`, so that more is opened."),
    "policies-none": Code(_W, "The Platform wants no policies: nothing is closed, and nothing enforces what is said."),
    "cni-unmaintained": Code(_W, "Nobody maintains the CNI any more."),
    "audit-only": Code(_W, "The stage is audit: policies are there to be watched, and close nothing."),
    "host-network": Code(_W, "No policy can hold an app on the host network."),
    "not-isolated": Code(_W, "An app is isolated in no direction: no policy closes it."),
    "no-platform": Code(_N, "No platform was given, so defaults are assumed."),
    "world-includes-pods": Code(_N, "The world is written as every address, which includes the pods of the cluster."),
    # output
    "name-collision": Code(_E, "Two objects would have the same kind, namespace and name."),
    "manifest-invalid": Code(_E, "The API server would refuse the rendered object."),
    "not-open": Code(_E, "The manifests close a connection that the spec opens."),
    "not-closed": Code(_E, "The manifests open a connection that no spec opens."),
    "not-proved": Code(_W, "What was rendered is not proved, because a proof would be too large."),
    "policy-differs": Code(_E, "A NetworkPolicy is not as the spec means it, which opens or closes something."),
    "never-broken": Code(_E, "The manifests open a connection that a claim says is never open."),
    "service-differs": Code(_E, "A Service is not as the spec means it, or exposes an app that no spec exposes."),
    "route-differs": Code(_E, "A route leads elsewhere than the spec says, or its object serves a host otherwise."),
    "host-network-differs": Code(_E, "An app and its pods do not agree about the host network."),
    "selects-nothing": Code(_W, "An app, or another end that a spec names, has no pods in the cluster."),
    "pods-uncovered": Code(_W, "Pods in a namespace of the specs belong to no app."),
    "pods-shared": Code(_W, "Pods belong to two apps, and have the permissions of both."),
    "port-undeclared": Code(_W, "The containers of an app declare ports, but not one of the app's."),
    "closed-elsewhere": Code(_W, "A policy of somebody else closes what the spec opens, at an end that is no app."),
    "link-broken": Code(_E, "A Service selects no pods, or a route leads to a Service that is not there."),
    "link-nowhere": Code(_W, "A Service or route leads to a Service, port or pods that are not among the manifests."),
    "unknown-end": Code(_E, "Nothing among the manifests has this name, or wears these labels."),
    "port-unnumbered": Code(_W, "A policy names a port of pods, and no workload is given that says its number."),
    "nothing-to-import": Code(_E, "The manifests hold nothing that a spec could say."),
    "not-imported": Code(_W, "Something of the manifests has no word in a spec, or another meaning there."),
    "imported-otherwise": Code(
        _N, "Something of the manifests stands in the spec in another way, and reaches the same."
    ),
    "no-policies": Code(_N, "No policy is there, or none is enforced, so that every connection is open."),
    "unproven": Code(_E, "Something is not understood, or missing, so that nothing is proved."),
    "foreign-files": Code(_E, "The output folder holds files that netgen did not write."),
    "edited-files": Code(_E, "Files that netgen wrote were edited since, and would be overwritten or removed."),
    "folder-differs": Code(_E, "The folder that is checked is not what the spec gives."),
    "unwritable": Code(_E, "The output folder cannot be written."),
}
