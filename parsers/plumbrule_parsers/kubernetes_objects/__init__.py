"""Kubernetes objects to nodes, for every format whose files hold or make them."""
