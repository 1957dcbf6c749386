"""Fixes are followed to the letter: each bad spec, what its one problem says to write, and the spec with that in it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from netgen.problems import Problem
from specs import ENTRY, apps, document, load, opened, refused
from specs import platform as cluster


@dataclass(frozen=True)
class Followed:
    """A *bad* spec, the *fix* of its one error, and what stands there *after* a reader did as he was told."""

    bad: str
    fix: str
    after: str
    platform: str = ""
    bad_platform: str = ""

    def __str__(self) -> str:
        return self.fix.replace(" ", "_")[:60]

    def documents(self, text: str, platform: str) -> tuple[str, ...]:
        """Return the documents of the run: *text* is the apps, or a whole document."""
        spec = text if text.startswith("apiVersion") else apps(text)
        return (spec, platform) if platform else (spec,)


TWO = "ports: {http: 8080, admin: 8081}"
LB_EACH = (
    "write {loadBalancer: {name: web-external, ports: [admin]}} "
    "or {loadBalancer: {name: web-external, ports: [http]}}; for all of them  {loadBalancer: {ports: [admin, http]}}"
)
SIP = "ports: {sip: 5060/udp, rtp: 10000-10100/udp}, service: {headless: true}"
EXPOSED = [
    # a range of ports is no choice, since no Service leads to it
    Followed(
        f"web: {{{SIP}, expose: loadBalancer}}",
        "write {loadBalancer: {name: web-external, ports: [sip]}}",
        f"web: {{{SIP}, expose: {{loadBalancer: {{name: web-external, ports: [sip]}}}}}}",
    ),
    Followed(
        "web: {ports: {http: 80, rtp: 10000-10100/udp}, service: {headless: true}, expose: 'https://shop.example.com'}",
        "write expose: {http: https://shop.example.com}",
        "web: {ports: {http: 80, rtp: 10000-10100/udp}, service: {headless: true}, expose: {http: https://shop.example.com}}",
        ENTRY,
    ),
    # one port of two by a load balancer or node port: under its key, in a list, by itself
    Followed(
        f"web: {{{TWO}, expose: loadBalancer}}",
        LB_EACH,
        f"web: {{{TWO}, expose: {{loadBalancer: {{name: web-external, ports: [http]}}}}}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [loadBalancer]}}",
        LB_EACH,
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: web-external, ports: [http]}}}}]}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [loadBalancer]}}",
        LB_EACH,
        f"web: {{{TWO}, expose: [{{loadBalancer: {{ports: [admin, http]}}}}]}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: {{http: loadBalancer}}}}",
        "write {loadBalancer: {name: web-external}}",
        f"web: {{{TWO}, expose: {{http: {{loadBalancer: {{name: web-external}}}}}}}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: {{http: nodePort 30443}}}}",
        "write {nodePort: {name: web-external, ports: {http: 30443}}}",
        f"web: {{{TWO}, expose: {{http: {{nodePort: {{name: web-external, ports: {{http: 30443}}}}}}}}}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{loadBalancer: {{ports: [http], clients: [203.0.113.0/24]}}}}]}}",
        "under loadBalancer add  name: web-external",
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: web-external, ports: [http], clients: [203.0.113.0/24]}}}}]}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{nodePort: {{ports: {{http: 30443}}, clients: [203.0.113.0/24]}}}}]}}",
        "under nodePort add  name: web-external",
        f"web: {{{TWO}, expose: "
        "[{nodePort: {ports: {http: 30443}, clients: [203.0.113.0/24], name: web-external}}]}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: web, ports: [http]}}}}]}}",
        "under loadBalancer write  name: web-external",
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: web-external, ports: [http]}}}}]}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: nodePort 30080}}",
        "write {nodePort: {name: web-external, ports: {admin: 30080}}} or "
        "{nodePort: {name: web-external, ports: {http: 30080}}}",
        f"web: {{{TWO}, expose: {{nodePort: {{name: web-external, ports: {{http: 30080}}}}}}}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{nodePort: {{clients: [203.0.113.0/24]}}}}]}}",
        "under nodePort add  name: web-external  and  ports: [admin] or ports: [http]; "
        "for all of them only  ports: [admin, http]",
        f"web: {{{TWO}, expose: [{{nodePort: {{clients: [203.0.113.0/24], name: web-external, ports: [http]}}}}]}}",
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: out}}}}]}}",
        "under loadBalancer add  ports: [admin] or ports: [http]; for all of them only  ports: [admin, http]",
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: out, ports: [http]}}}}]}}",
    ),
    Followed(
        "web: {ports: {a: 1, b: 2, c: 3, d: 4, e: 5}, expose: loadBalancer}",
        "write {loadBalancer: {name: web-external, ports: [PORT]}}; "
        "for all of them  {loadBalancer: {ports: [a, b, c, d, e]}}",
        "web: {ports: {a: 1, b: 2, c: 3, d: 4, e: 5}, expose: {loadBalancer: {name: web-external, ports: [d]}}}",
    ),
    # a second exposure of one Service, and a Service that is none or has no address
    Followed(
        "web: {port: 8080, expose: [loadBalancer, nodePort 30080]}",
        "write {nodePort: {name: web-external-2, ports: {main: 30080}}}",
        "web: {port: 8080, expose: [loadBalancer, {nodePort: {name: web-external-2, ports: {main: 30080}}}]}",
    ),
    Followed(
        "web: {port: 8080, expose: loadBalancer, service: {headless: true}}",
        "write {loadBalancer: {name: web-external}}",
        "web: {port: 8080, expose: {loadBalancer: {name: web-external}}, service: {headless: true}}",
    ),
    Followed(
        "web: {port: 8080, expose: nodePort, service: false}",
        "leave `service: false` out, or write {nodePort: {name: web-external}}",
        "web: {port: 8080, expose: {nodePort: {name: web-external}}, service: false}",
    ),
    Followed(
        "web: {port: 8080, expose: nodePort, service: false}\nweb-external: 80",
        "leave `service: false` out, or write {nodePort: {name: web-external-2}}",
        "web: {port: 8080, expose: {nodePort: {name: web-external-2}}, service: false}\nweb-external: 80",
    ),
    # a URL on an app of several ports
    Followed(
        f"web: {{{TWO}, expose: 'https://shop.example.com'}}",
        "write expose: {admin: https://shop.example.com} or {http: https://shop.example.com}",
        f"web: {{{TWO}, expose: {{http: 'https://shop.example.com'}}}}",
        ENTRY,
    ),
    Followed(
        f"web: {{{TWO}, expose: ['https://shop.example.com/a']}}",
        "write {url: https://shop.example.com/a, port: admin} or {url: https://shop.example.com/a, port: http}",
        f"web: {{{TWO}, expose: [{{url: https://shop.example.com/a, port: http}}]}}",
        ENTRY,
    ),
    Followed(
        f"web: {{{TWO}, expose: ['https://shop.example.com/a,b']}}",
        'write {url: "https://shop.example.com/a,b", port: admin} or {url: "https://shop.example.com/a,b", port: http}',
        f'web: {{{TWO}, expose: [{{url: "https://shop.example.com/a,b", port: http}}]}}',
        ENTRY,
    ),
    Followed(
        f"web: {{{TWO}, expose: [{{url: 'https://shop.example.com', match: exact}}]}}",
        "add  port: admin or port: http",
        f"web: {{{TWO}, expose: [{{url: 'https://shop.example.com', match: exact, port: http}}]}}",
        ENTRY,
    ),
]


GATES = cluster(
    "entrypoints: {public: {hosts: [shop.example.com], ingress: traefik}, "
    "partner: {hosts: [shop.example.com], ingress: nginx}}\n"
)
LONG = "{url: https://shop.example.com, via: public}", "{url: https://shop.example.com, via: partner}"
GATED = [
    Followed(
        "web: {port: 8080, expose: https://shop.example.com}",
        f"write expose: [{LONG[0]}] or [{LONG[1]}]",
        f"web: {{port: 8080, expose: [{LONG[0]}]}}",
        GATES,
    ),
    Followed(
        "web: {port: 8080, expose: [https://shop.example.com]}",
        f"write {LONG[0]} or {LONG[1]}",
        f"web: {{port: 8080, expose: [{LONG[1]}]}}",
        GATES,
    ),
    Followed(
        "web: {port: 8080, expose: {main: https://shop.example.com}}",
        f"write {LONG[0]} or {LONG[1]}",
        f"web: {{port: 8080, expose: {{main: {LONG[0]}}}}}",
        GATES,
    ),
    Followed(
        "web: {port: 8080, expose: [{url: https://shop.example.com, match: exact}]}",
        "add  via: public or via: partner",
        "web: {port: 8080, expose: [{url: https://shop.example.com, match: exact, via: partner}]}",
        GATES,
    ),
    Followed(
        "web: {port: 8080, expose: {url: https://shop.example.com, name: old}}",
        "put it into a list: expose: [{url: ..., name: ...}]",
        "web: {port: 8080, expose: [{url: https://shop.example.com, name: old}]}",
        ENTRY,
    ),
]
NEIGHBOUR = "db: {port: 80 -> 8080}"
SHORT = [
    *(
        Followed(
            f"web: {{calls: ['{text}']}}",
            f"write internet:{port} (everything outside the cluster) or any:{port} (every pod)",
            f"web: {{calls: ['{word}:{port}']}}",
        )
        for text, word, port in (
            ("0.0.0.0/0:443", "internet", "443"),
            ("https://0.0.0.0/0", "any", "443"),
            ("udp://[::]/0:53", "internet", "53/udp"),
        )
    ),
    Followed(
        "web: {calls: [*]}",
        "quote the text; in a spec, every pod is  any  and those of a namespace are  here/*  or  NAMESPACE/*",
        "web: {calls: [here/*]}",
    ),
    Followed(
        "web: {port: 80, accepts: all}",
        "any is every pod, and internet what is outside the cluster",
        "web: {port: 80, accepts: any}",
    ),
    Followed(
        "web: {port: 80, accepts: [monitoring]}",
        "any is every pod, and internet what is outside the cluster; all pods of a namespace are monitoring/*",
        "web: {port: 80, accepts: [monitoring/*]}",
    ),
    Followed(
        f"web: {{calls: ['db:8080']}}\n{NEIGHBOUR}", "write db:main or db:80", f"web: {{calls: ['db:80']}}\n{NEIGHBOUR}"
    ),
    Followed(
        "web: {calls: [shop.db]}\ndb: 80",
        "for an app write NAMESPACE/APP, so shop/db or db/shop; for a host write https://shop.db",
        "web: {calls: [shop/db]}\ndb: 80",
    ),
    Followed(
        document("apps: {web: {calls: [erp]}}\npeers: {erp: {cidr: 10.1.2.0/24}}\n"),
        "write erp:PORT",
        document("apps: {web: {calls: ['erp:1433']}}\npeers: {erp: {cidr: 10.1.2.0/24}}\n"),
    ),
    Followed("web: {calls: [5432]}", "name the app that has the port: APP:5432", "web: {calls: ['db:5432']}\ndb: 5432"),
    Followed(
        "web: {calls: [db: 5432]}",
        "a port follows its app without a blank: write db:5432",
        "web: {calls: ['db:5432']}\ndb: 5432",
    ),
    Followed("web: {calls: [{app: db}]}\ndb: 80", "write  to: db", "web: {calls: [{to: db}]}\ndb: 80"),
    Followed("web: {port: 80 → 8080}", "write 80 -> 8080 (service -> container)", "web: {port: 80 -> 8080}"),
    Followed(
        "web: {ports: 8080}", "write port: 8080, or give the port a name: ports: {NAME: 8080}", "web: {port: 8080}"
    ),
    Followed("web: [8080]", "name the ports: web: {ports: {NAME: PORT, ...}}", "web: {ports: {http: 8080}}"),
    Followed("web: {port: 8080.0}", "write 8080", "web: {port: 8080}"),
    Followed(
        "web: {port: 8080, service: none}",
        "write false for no Service, {headless: true} for one without an address, {name: NAME}, or {existing: NAME}",
        "web: {port: 8080, service: false}",
    ),
    Followed(
        "web: {port: 8080, service: {type: NodePort}}",
        "write  expose: nodePort  in the app; its Service gets the type from that",
        "web: {port: 8080, expose: nodePort}",
    ),
    Followed(
        "web: {port: 8080, service: {clusterIP: None}}",
        "write  headless: true  for a Service without an address, or leave the key out",
        "web: {port: 8080, service: {headless: true}}",
    ),
    Followed(
        "web: {port: 8080, expose: [{nodePort: 30080}]}",
        "write the text  nodePort 30080  instead of the map",
        "web: {port: 8080, expose: [nodePort 30080]}",
    ),
    Followed(
        "web: {port: 8080, expose: true}",
        "write a URL, loadBalancer or nodePort, or leave the key out for an app that is not exposed",
        "web: {port: 8080, expose: loadBalancer}",
    ),
    Followed(
        "web: {port: 8080, accepts: {a/b: true}}",
        "write the name of a port, or put the caller into a list: accepts: [a/b]",
        "web: {port: 8080, accepts: [a/b]}",
    ),
    Followed(
        "web: {port: 8080, accepts: {a/b: 9000}}",
        "write the name that the port has in this app, or put the caller into a list: accepts: [a/b]",
        "web: {port: 8080, accepts: {a/b: main}}",
    ),
    Followed(
        "web: {ports: {grpc: 8080}, accepts: [a/b: grpc]}",
        "write {from: a/b, ports: [grpc]}",
        "web: {ports: {grpc: 8080}, accepts: [{from: a/b, ports: [grpc]}]}",
    ),
    Followed(
        "web: {ports: {http: {targetPort: 9000}}}", "write  container: 9000", "web: {ports: {http: {container: 9000}}}"
    ),
    Followed(
        "web: {ports: {http: {port: 80, protocol: TCP}}}",
        "write  container: 80",
        "web: {ports: {http: {container: 80, protocol: TCP}}}",
    ),
    Followed(
        "web: {port: 8080, targetPort: 9000}",
        "write  port: SERVICE -> 9000, where SERVICE is what callers dial; or  port: 9000  where both are one",
        "web: {port: 8080 -> 9000}",
    ),
    Followed(
        "web: {port: 8080, selector: {app: web}}",
        "labels of the pods stand under  select: {KEY: VALUE}",
        "web: {port: 8080, select: {app: web}}",
    ),
    Followed("web: {port: 80, expose: LoadBalancer}", "write loadBalancer", "web: {port: 80, expose: loadBalancer}"),
    Followed(
        "web: {port: 80, expose: NodePort 30080}", "write nodePort 30080", "web: {port: 80, expose: nodePort 30080}"
    ),
    Followed(
        "web: {port: 80, expose: ClusterIP}",
        "leave the key out: an app with ports has a ClusterIP Service",
        "web: {port: 80}",
    ),
    Followed(
        "web: {port: 80, expose: {loadbalancer: {}}}",
        "write loadBalancer",
        "web: {port: 80, expose: {loadBalancer: {}}}",
    ),
    Followed(
        "web: {port: 80, accepts: true}",
        "write any for every pod of the cluster, internet for everything outside it, or leave the key out",
        "web: {port: 80, accepts: any}",
    ),
    Followed(
        document("peers: {erp: 10.1.2.0/24}\n"),
        "write erp: {cidr: 10.1.2.0/24} for addresses, or erp: {namespace: NAMESPACE, labels: {LABEL: VALUE}}",
        document("peers: {erp: {cidr: 10.1.2.0/24}}\n"),
    ),
    Followed(
        apps("web: 80").replace(", namespace: shop", ""),
        "add  namespace: NAMESPACE",
        apps("web: 80"),
    ),
    Followed(
        document("apps:\nweb:\n  port: 80\n"),
        "if web is an app, indent it below `apps`",
        document("apps:\n  web:\n    port: 80\n"),
    ),
    Followed(
        document("apps:\n  web:\n  port: 80\n  calls: [web]\n"),
        "indent its keys below it: port, calls",
        document("apps:\n  web:\n    port: 80\n    calls: [web]\n"),
    ),
    Followed(
        document("apps:\nstage: enforce\n"),
        "write {} for a namespace without apps, or leave the key out",
        document("stage: enforce\n"),
    ),
    Followed(
        document("calls: [db]\n"),
        "a key of an app: it stands under  apps: {APP: {...}}",
        apps("web: {calls: [db]}\ndb: 80"),
    ),
    Followed(document("spec: {apps: {web: 80}}\n"), "there is no spec: write its keys at this level", apps("web: 80")),
]
WEB = "web: {port: 8080, expose: 'https://shop.example.com'}"
PLATFORMS = [
    Followed(
        "web: {port: 80, expose: {url: 'https://shop.example.com', port: main}}",
        "put it into a list: expose: [{url: ..., port: ...}]",
        "web: {port: 80, expose: [{url: 'https://shop.example.com', port: main}]}",
        ENTRY,
    ),
    Followed(
        "web: {port: 80, expose: {url: 'https://shop.example.com'}}",
        "put the long form into a list: expose: [{url: ...}]",
        "web: {port: 80, expose: [{url: 'https://shop.example.com'}]}",
        ENTRY,
    ),
    Followed(
        "web: {port: 53/udp, expose: 'https://shop.example.com'}",
        "name a TCP port of the app; what is no HTTP is exposed by loadBalancer or nodePort",
        "web: {port: 53/udp, expose: loadBalancer}",
        ENTRY,
    ),
    Followed(
        "web: {port: 80/tcp, expose: 'https://shop.example.com'}",
        "write the port without /tcp, if it serves HTTP; what is no HTTP is exposed by loadBalancer or nodePort",
        "web: {port: 80, expose: 'https://shop.example.com'}",
        ENTRY,
    ),
    Followed(
        "web: 80",
        "write it like monitoring/app=prometheus",
        "web: 80",
        cluster("scrape: monitoring/app=prometheus\n"),
        cluster("scrape: prometheus\n"),
    ),
    Followed(
        "web: 80",
        "write it as text: NAMESPACE/KEY=VALUE, such as monitoring/app=prometheus",
        "web: 80",
        cluster("scrape: monitoring/app=prometheus\n"),
        cluster("scrape: {namespace: monitoring}\n"),
    ),
    Followed("web: 80", 'write "1.30"', "web: 80", cluster('kubernetes: "1.30"\n'), cluster("kubernetes: v1.30.2\n")),
    Followed(
        WEB,
        "write it as text: tls: secret NAME, or tls: cert-manager/ISSUER",
        WEB,
        cluster("entrypoints: {public: {ingress: traefik, tls: secret x}}\n"),
        cluster("entrypoints: {public: {ingress: traefik, tls: {secret: x}}}\n"),
    ),
    Followed(
        "web: 80",
        "write 192.168.1.1:6443, or the port that it listens on",
        "web: 80",
        cluster("apiserver: ['192.168.1.1:6443']\n"),
        cluster("apiserver: [192.168.1.1]\n"),
    ),
    Followed(
        "web: 80",
        "write it the other way round, each namespace with its owner: NAMESPACE: team",
        "web: 80",
        cluster("owners: {shop: team}\n"),
        cluster("owners: {team: [shop]}\n"),
    ),
]
REASONS = [
    # free text between braces ends at its first comma
    Followed(
        "web: {port: 80, calls: [{to: db, why: reads, once a day}]}\ndb: 5432/tcp",
        'a comma ends the text: write  why: "reads, once a day"',
        'web: {port: 80, calls: [{to: db, why: "reads, once a day"}]}\ndb: 5432/tcp',
    ),
]
CILIUM, PLAIN = cluster("cni: cilium 1.20\n"), cluster("cni: kubernetes\n")
HOSTS = [
    Followed(
        "web: {calls: [api.stripe.com]}",
        "write https://api.stripe.com",
        "web: {calls: [https://api.stripe.com]}",
        CILIUM,
    ),
    Followed(
        "web: {calls: ['mail.example.com:587']}",
        "write tcp://mail.example.com:587",
        "web: {calls: ['tcp://mail.example.com:587']}",
        CILIUM,
    ),
    Followed("web: {calls: [//a.com/b]}", "write https://a.com", "web: {calls: [https://a.com]}", CILIUM),
    Followed(
        "web: {calls: [https://bücher.example]}",
        "write xn--bcher-kva.example",
        "web: {calls: [https://xn--bcher-kva.example]}",
        CILIUM,
    ),
    Followed("web: {calls: [https://A.com.]}", "write a.com", "web: {calls: [https://a.com]}", CILIUM),
    # on a plugin that knows no names: by itself, in a list, and beside other keys, which stay
    Followed(
        "web: {calls: [https://api.stripe.com]}",
        "write  {to: https://api.stripe.com, enforce: l4}, which opens internet:443",
        "web: {calls: [{to: https://api.stripe.com, enforce: l4}]}",
        PLAIN,
    ),
    Followed(
        "web: {calls: tcp://a.com:8-9}",
        "write  [{to: tcp://a.com:8-9, enforce: l4}], which opens internet:8-9",
        "web: {calls: [{to: tcp://a.com:8-9, enforce: l4}]}",
        PLAIN,
    ),
    Followed(
        "web: {calls: [{to: https://api.stripe.com, why: pay}]}",
        "add  enforce: l4  to the call, which opens internet:443",
        "web: {calls: [{to: https://api.stripe.com, why: pay, enforce: l4}]}",
        PLAIN,
    ),
    Followed(
        "web: {calls: [{to: https://*.a.com}]}",
        "in the Platform write  cni: cilium 1.19  (or --cni 'cilium 1.19'), where that is what runs; "
        "else add  enforce: l4  to the call, which opens internet:443",
        "web: {calls: [{to: https://*.a.com}]}",
        cluster("cni: cilium 1.19\n"),
        cluster("cni: cilium 1.18\n"),
    ),
    Followed(
        "web: 80",
        "name its addresses, or write internet:443",
        "web: 80",
        cluster("allow: ['any -> internet:443']\n"),
        cluster("allow: ['any -> https://*.a.com']\n"),
    ),
    Followed(
        "web: 80",
        "name its addresses, or write internet",
        "web: 80",
        cluster("externals: {x: https://a.com}\nallow: [any -> internet]\n"),
        cluster("externals: {x: https://a.com}\nallow: [any -> external/x]\n"),
    ),
]
BACK = "api: {{calls: [web]}}\nweb: {{port: 80, accepts: {}}}"
REQUESTED = [
    *(
        Followed(BACK.format(bad), fix, BACK.format(after), CILIUM)
        for bad, fix, after in (
            ("{api: get /a}", "write GET", "{api: GET /a}"),
            ("{api: /a}", "write GET /a", "{api: GET /a}"),
            ("{api: GET a}", "write GET /a", "{api: GET /a}"),
            ("{api: GET https://x.com/a}", "write GET /a", "{api: GET /a}"),
            ("{api: GET https://x.com}", "write GET /", "{api: GET /}"),
            ("{api: 'main:GET /a'}", "write main GET /a", "{api: main GET /a}"),
            ("{api: 'main: GET /a'}", "write main GET /a", "{api: main GET /a}"),
            ("{api: 'GET, POST /a'}", "write GET|POST /a", "{api: GET|POST /a}"),
            ("{api: 'GET| POST /a'}", "write GET|POST /a", "{api: GET|POST /a}"),
            ("{api: GET}", "write GET /**  for every path", "{api: GET /**}"),
            ("{api: ''}", "name a port of the app, or write METHOD /path", "{api: main}"),
            ("[{from: api, ports: [' ']}]", "name a port of the app, or write METHOD /path", "{api: GET /}"),
            ("[api GET /a]", "write accepts: {api: GET /a}", "{api: GET /a}"),
            ("['api: GET /a']", "write accepts: {api: GET /a}", "{api: GET /a}"),
            (
                "{from: api, http: [{methods: [GET], path: /}]}",
                "put the map into a list: accepts: [{from: ...}]",
                "[{from: api, http: [{methods: [GET], path: /}]}]",
            ),
        )
    ),
    *(
        Followed(BACK.format(bad), fix, BACK.format(after), PLAIN)
        for bad, fix, after in (
            (
                "{api: GET /a, any: main}",
                (
                    "to open the port for every request, make accepts a list, with "
                    "{from: api, http: [{methods: [GET], path: /a}], enforce: l4}"
                ),
                "[{from: api, http: [{methods: [GET], path: /a}], enforce: l4}, {from: any, ports: [main]}]",
            ),
            (
                "[{from: api, http: [{methods: [GET], path: /}]}]",
                "add  enforce: l4  to the grant, which opens the port for every request",
                "[{from: api, http: [{methods: [GET], path: /}], enforce: l4}]",
            ),
        )
    ),
    Followed(
        "api: {calls: [{to: web, http: [{methods: [GET], path: /}]}]}\nweb: 80",
        "leave `http` out, which opens the port for every request",
        "api: {calls: [{to: web}]}\nweb: 80",
        PLAIN,
    ),
    Followed(
        "api: {calls: ['web:80-90']}\nweb: {port: 80 -> 8080}",
        "write web:80",
        "api: {calls: ['web:80']}\nweb: {port: 80 -> 8080}",
    ),
    Followed("api: {calls: ['web:80-90']}\nweb: 80", "write web:80", "api: {calls: ['web:80']}\nweb: 80"),
    *(
        Followed("web: 80", "write cilium 1.19", "web: 80", cluster("cni: cilium 1.19\n"), cluster(f"cni: {written}\n"))
        for written in ("cilium1.19", "'cilium:1.19'", "cilium-1.19", "cilium/v1.19.2", "cilium v1.19.3", "Cilium 1.19")
    ),
]
LATER_CNI = "in the Platform write  cni: cilium 1.18  (or --cni 'cilium 1.18'), where that is what runs; "
EDGE = "entrypoints: {public: {hosts: [shop.example.com], ingress: cilium, tls: secret x}}\n"
ENFORCED = [
    Followed(
        "web: {port: 80, serviceAccount: robot}",
        "leave it out, and select the pods by labels",
        "web: {port: 80, select: {app: robot}}",
        PLAIN,
    ),
    Followed(
        "web: 80",
        f"{LATER_CNI}else write  isolate: none  under each app that is not to be closed yet",
        "web: 80",
        cluster("cni: cilium 1.18\nstage: audit\n"),
        cluster("cni: cilium 1.17\nstage: audit\n"),
    ),
    Followed(
        WEB,
        "in the Platform write  cni: cilium  (or --cni cilium), where that is what runs",
        WEB,
        cluster(f"cni: cilium\n{EDGE}"),
        cluster(f"cni: kubernetes\n{EDGE}"),
    ),
    Followed(
        "web: {port: 9000-9010}",
        "write  service: false  or  service: {headless: true}, so that callers dial the pods",
        "web: {port: 9000-9010, service: {headless: true}}",
    ),
    Followed(
        "web: {port: 9000-9010, service: false, expose: loadBalancer}",
        "let callers in by  accepts: internet",
        "web: {port: 9000-9010, service: false, accepts: internet}",
    ),
    Followed(
        "web: {ports: {media: 9000-9010}, service: false, calls: ['web:9005']}",
        "write web:media",
        "web: {ports: {media: 9000-9010}, service: false, calls: ['web:media']}",
    ),
    Followed(
        BACK.format("{api: GET /}").replace("80", "80/tcp"),
        "write the port without /tcp, if it serves HTTP",
        BACK.format("{api: GET /}"),
        CILIUM,
    ),
    Followed(
        "web: {calls: [external/erp]}",
        "in the Platform write  externals: {erp: tcp://ADDRESS:PORT}",
        "web: {calls: [external/erp]}",
        cluster("externals: {erp: tcp://192.0.2.1:80}\n"),
        PLAIN,
    ),
]
CASES = [*EXPOSED, *GATED, *SHORT, *PLATFORMS, *REASONS, *HOSTS, *REQUESTED, *ENFORCED]


def only(case: Followed) -> Problem:
    """Return the one error of the bad spec of *case*."""
    (problem,) = refused(*case.documents(case.bad, case.bad_platform or case.platform))
    return problem


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fix_says_all_that_is_to_be_written(case: Followed) -> None:
    """The fix holds what the reader has written, in the form that fits its place."""
    assert only(case).fix == case.fix


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_spec_that_follows_its_fix_has_no_error(case: Followed) -> None:
    """One step is enough: no fix leads to the next problem."""
    assert load(*case.documents(case.after, case.platform))


def test_a_fix_opens_no_more_than_the_spec_asked_for() -> None:
    """The clients of a load balancer are still the only ones after its Service got a name."""
    spec = (
        f"web: {{{TWO}, expose: [{{loadBalancer: {{name: web-external, ports: [http], clients: [203.0.113.0/24]}}}}]}}"
    )
    assert opened(apps(spec)) == ["203.0.113.0/24 -> shop/web 8080/TCP (in)"]


def test_a_url_without_a_port_means_the_one_that_is_not_for_metrics() -> None:
    """As a call does: only where several are left is one to be named."""
    spec = "web: {{ports: {{http: 80 -> 8080, metrics: 9090{more}}}, expose: {expose}}}"
    plain = apps(spec.format(more="", expose="https://shop.example.com"))
    named = apps(spec.format(more="", expose="{http: https://shop.example.com}"))
    assert opened(plain, ENTRY) == opened(named, ENTRY)
    (problem,) = refused(apps(spec.format(more=", admin: 9091", expose="https://shop.example.com")), ENTRY)
    assert (problem.code, problem.fix) == (
        "ambiguous-port",
        "write expose: {admin: https://shop.example.com} or {http: https://shop.example.com}",
    )


def test_fixes_that_need_names_do_not_collide() -> None:
    """Two exposures of one app get different names, so that both fixes can be followed."""
    fixes = [it.fix for it in refused(apps(f"web: {{{TWO}, expose: {{http: loadBalancer, admin: loadBalancer}}}}"))]
    assert fixes == ["write {loadBalancer: {name: web-external}}", "write {loadBalancer: {name: web-external-2}}"]
    both = "http: {loadBalancer: {name: web-external}}, admin: {loadBalancer: {name: web-external-2}}"
    assert load(apps(f"web: {{{TWO}, expose: {{{both}}}}}"))


def test_a_long_exposure_needs_no_list() -> None:
    """`loadBalancer` and `nodePort` are no port names, so that a map with one of them can only be the long form."""
    alone = opened(apps("web: {port: 8080, expose: {loadBalancer: {clients: [203.0.113.0/24]}}}"))
    assert alone == opened(apps("web: {port: 8080, expose: [{loadBalancer: {clients: [203.0.113.0/24]}}]}"))
    beside = apps(
        f"web: {{{TWO}, expose: {{http: 'https://shop.example.com', nodePort: {{name: out, ports: [admin]}}}}}}"
    )
    assert {it.name: it.type for it in load(beside, ENTRY).intent.services} == {"web": "ClusterIP", "out": "NodePort"}


def test_a_mistyped_host_is_recognised() -> None:
    """Among the hosts of the entry points there may be the one that was meant."""
    (problem,) = refused(apps("web: {port: 80, expose: 'https://shop.exmaple.com'}"), ENTRY)
    assert problem.message == "no entry point serves `shop.exmaple.com` (did you mean `shop.example.com`?)"


def test_the_later_of_two_claims_is_the_wrong_one() -> None:
    """In the order of the file, not of the names."""
    (problem,) = refused(
        apps("web: {port: 80, expose: 'https://shop.example.com'}\n" + WEB.replace("web", "admin")), ENTRY
    )
    assert problem.message == "shop.example.com/ leads to shop/admin, and to shop/web already"


def test_words_of_kubernetes_are_told_by_the_names_that_they_have_here() -> None:
    """Each with the number that was written, and nothing is missed besides."""
    fixes = [it.fix for it in refused(apps("web: {ports: {http: {port: 80, targetPort: 9000}}}"))]
    assert fixes == ["write  service: 80", "write  container: 9000"]
    assert load(apps("web: {ports: {http: {service: 80, container: 9000}}}"))


def test_a_version_that_is_too_old_is_refused() -> None:
    """What netgen writes is not known there."""
    (problem,) = refused(apps("web: 80"), cluster('kubernetes: "1.9"\n'))
    assert "1.21 at least" in problem.message
