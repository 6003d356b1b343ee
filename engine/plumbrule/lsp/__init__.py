"""The language server: findings in the editor."""
