"""Text to documents. Knows no rule and no graph."""
