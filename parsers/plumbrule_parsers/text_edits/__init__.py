"""Edits of text that keep its layout: remove, set, replace and append an entry."""
