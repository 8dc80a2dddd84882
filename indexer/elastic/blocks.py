"""What keeps the shop's indices from taking writes until a person removes it."""

from __future__ import annotations

import json

from indexer.elastic.product_index import ProductIndex

_CLOSED = "index.verified_before_close"
_BLOCKS = ("index.blocks.write", "index.blocks.read_only", "index.blocks.read_only_allow_delete")


def write_blocks(index: ProductIndex) -> list[str]:
    """Return what keeps indices of the shop from taking writes, each in a line that says what to do."""
    states = index.client.indices.get_settings(
        index=[index.alias, f"{index.alias}-*"],
        name=["index.blocks.*", _CLOSED],
        flat_settings=True,
        expand_wildcards="all",
        ignore_unavailable=True,
    )
    lines = []
    for name in sorted(states):
        on = {setting for setting, value in states[name].get("settings", {}).items() if str(value) == "true"}
        if _CLOSED in on:
            lines.append(f"{name} is closed: POST /{name}/_open")
        lines += [
            f"{name} takes no writes; once the cause is fixed: PUT /{name}/_settings {json.dumps({block: None})}"
            for block in _BLOCKS
            if block in on
        ]
    return lines
