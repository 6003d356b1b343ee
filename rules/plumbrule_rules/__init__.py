"""The built-in rule packs: data only."""
