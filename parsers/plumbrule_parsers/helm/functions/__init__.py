"""The functions that Helm templates can call, on traced values."""
