"""How many copies Elasticsearch keeps of each shard of the shop's indices."""

# One where there is a second node for it, so that no data are lost with a node; none on a single node, where it could
# not be allocated.
AUTO_REPLICAS = {"auto_expand_replicas": "0-1"}
