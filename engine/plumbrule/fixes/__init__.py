"""Fixes: what a rule proposes as edits of text, and the proof that they do what they promise."""
