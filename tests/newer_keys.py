"""A system that uses every key of the language which only some CNIs can enforce, and those of environments."""

from __future__ import annotations

NEWER_KEYS = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: checkout, namespace: checkout}
stage: enforce
peers: {cron: {namespace: legacy, labels: {app: cron}}}
apps:
  orders:
    ports: {web: 80 -> 8080, admin: 8081/http, metrics: 9100}
    serviceAccount: orders
    accepts:
      shop/web: [web POST /orders, web GET|HEAD /orders/**, admin GET /admin/*/log]
      any: [web GET /healthz, metrics GET /metrics]
      external/bank: web PUT /hooks/*
    calls:
      - https://api.stripe.com
      - {to: "tls://*.example.net:8443", why: parcels}
      - external/erp
      - {to: external/bank, envs: [prod], enforce: l4}
      - {to: tcp://192.0.2.0/24:5000-5010, envs: [staging, prod]}
      - internet:8000-8010/udp
      - media/rtp:streams
      - {to: cron, ports: [7000-7010, 80/udp]}
  idle: {port: 8080, expose: https://idle.example.com}
never:
  - cron -> orders:web DELETE /orders/*
  - {from: here/*, to: external/erp, except: [orders]}
  - {from: internet, to: orders, http: [{methods: [GET], path: /admin/**}, {methods: [PATCH], path: /}]}
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
stage: audit
apps:
  web:
    port: 8080
    calls:
      - checkout/orders:admin
      - {to: checkout/orders, ports: [web], http: [{methods: [HEAD, GET], path: /orders, match: prefix}]}
      - {to: api, http: [{methods: [GET], path: /a/*/b}]}
  api:
    port: 8080
    accepts:
      - {from: web, http: [{methods: [GET, POST], path: /a, match: prefix}, {methods: [PUT], path: /b}], enforce: l4}
      - {from: cluster/nodes, ports: [main], http: [{methods: [GET], path: /live, match: exact}]}
      - cluster/apiserver
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: media, namespace: media}
apps:
  rtp:
    ports: {streams: 10000-10100/udp, control: {container: 5000, end: 5010}}
    service: {headless: true}
    accepts: {checkout/orders: [streams]}
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: prod-eu}
cni: cilium 1.20
owners: {checkout: team, media: team}
envs: [staging, prod]
externals:
  erp: {prod: [https://erp.example.com, "tcp://10.20.0.0/16:1433-1440"], staging: tcp://10.120.0.0/16:1433}
  bank: [tcp://198.51.100.0/28:443, tcp://198.51.100.64/28:443]
allow:
  - any -> observability/otel:4317
  - {from: monitoring/prometheus, to: checkout/orders, ports: [metrics], why: the exporters}
  - any -> external/bank
  - media/* -> https://time.example.org:123-124
never:
  - legacy/* -> external/bank
  - shop/* -> media/*:10000-20000/udp
entrypoints: {public: {hosts: [idle.example.com], ingress: cilium, tls: secret idle}}
"""
