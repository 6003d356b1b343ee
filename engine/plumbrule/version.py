"""The version, written once: read by the build, by `--version` and by every cache key."""

__version__ = "0.1.0"
