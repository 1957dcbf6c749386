"""Cilium's policies of cilium.io/v2 -> the values of the evaluator, as Cilium's agent 1.20 has them by default."""
