"""Terraform evaluated on demand: expressions, modules, calls; every value with its origin."""
