"""A shop on three Elasticsearch nodes that are killed, missed and restarted: `make cluster-test`."""
