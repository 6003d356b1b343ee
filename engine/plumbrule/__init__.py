"""Plumbrule: infrastructure as code as one resource graph, and policies over it."""
