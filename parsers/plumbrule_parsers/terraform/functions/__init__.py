"""Terraform's and OpenTofu's functions, as one table by name."""
