"""Reports: one module, one `render`, one format."""
