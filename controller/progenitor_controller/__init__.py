"""The controller: two services, the decisions, and nothing that is remembered between calls."""
