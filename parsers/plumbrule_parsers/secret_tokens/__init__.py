"""Secrets by their own form: tokens of known issuers, and what only looks like one."""
