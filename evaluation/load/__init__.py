"""``make load-test``: what the shop does at, below and far beyond what its machine can serve."""
