"""One run: discover, parse, resolve, link, evaluate, report."""
