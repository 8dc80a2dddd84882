"""Everything that a shop keeps in Redis, opened as one `Queues`; README.md lists the keys."""
