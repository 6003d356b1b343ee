"""Checked rules over the graph: verdicts with their reasons."""
