"""What `python -m indexer check` looks at, a module a subject."""
