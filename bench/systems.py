"""Systems of a given size, in the shape of a real one: teams of ten apps, each app a Service, a policy and a route."""

from __future__ import annotations

from collections.abc import Iterator

TEAM = 10
PLATFORM = """\
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: bench}
cni: kubernetes
kubernetes: "1.36"
ranges: {pods: [10.244.0.0/16]}
scrape: monitoring/app.kubernetes.io/name=prometheus
entrypoints:
  public: {hosts: ["*.example.com"], ingress: traefik, tls: controller}
"""


def spec(apps: int) -> str:
    """Return a spec of *apps* apps: three objects each, about three calls, a grant across teams, one CIDR."""
    teams = [range(first, min(first + TEAM, apps)) for first in range(0, apps, TEAM)]
    return "---\n".join([PLATFORM, *("".join(_team(number, team, apps)) for number, team in enumerate(teams))])


def _team(number: int, team: range, apps: int) -> Iterator[str]:
    yield "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\n"
    yield f"metadata: {{name: team-{number}, namespace: team-{number}, labels: {{cost-centre: c{number}}}}}\n"
    yield "apps:\n"
    for app in team:
        yield from _app(number, app, team, apps)


def _app(number: int, app: int, team: range, apps: int) -> Iterator[str]:
    yield f"  app-{app}:\n"
    yield "    ports: {http: 80 -> 8080/http, metrics: 9090}\n"
    yield f"    expose: {{http: 'https://app-{app}.example.com/api'}}\n"
    yield "    calls:\n"
    for step in (1, 2, 3):
        callee = team.start + (app - team.start + step) % len(team)
        if callee != app:
            yield f"      - app-{callee}:http\n"
    if app == team.start and number:
        yield f"      - team-{number - 1}/app-{app - TEAM}:http\n"
    yield "      - tcp://203.0.113.0/24:5432\n"
    if app == team.start and app + TEAM < apps:
        yield f"    accepts: {{team-{number + 1}/app-{app + TEAM}: http}}\n"
