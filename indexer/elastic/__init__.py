"""Elasticsearch: the client, the product index, its write targets, and dead letters."""
