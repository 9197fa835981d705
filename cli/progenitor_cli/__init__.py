"""`progenitor …`: the command line, the only place that puts the parts together."""
