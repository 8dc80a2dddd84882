"""What `lookalike check` looks at, a module a subject."""
