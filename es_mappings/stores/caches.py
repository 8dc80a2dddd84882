"""Settings of the stores that keep only what can be fetched or computed again."""

from __future__ import annotations

from typing import Any

# Elasticsearch writes to disk every five seconds, not at the end of each request: what a crash of all copies loses of
# activations or addresses is fetched and embedded again.
SETTINGS: dict[str, Any] = {"translog": {"durability": "async"}}
