"""The one resource graph: nodes, typed edges, holes."""
