"""The evaluator: Kubernetes manifests, whoever wrote them, to who reaches whom. It shares nothing with the renderer."""
