"""The catalogue of the chaos shop: what events must end as, and documents whose values name the event that set them.

Each event of a product has a version of its own, and every value it sets is made from that version. So a value that is
read anywhere says which event it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Event = dict[str, Any]

FIELDS = ("title", "brand", "price", "images")
_RANK = {"upsert": 0, "update": 1, "delete": 2}
_NUMBER = re.compile(r"v(\d+)")


def version_of(event: Event) -> int:
    """Return the version of an event."""
    return int(event["product"]["version"] if event["type"] == "upsert" else event["version"])


def product_of(event: Event) -> str:
    """Return the id of an event's product."""
    return str(event["product"]["id"] if event["type"] == "upsert" else event["id"])


def newest(events: Iterable[Event]) -> dict[str, Any] | None:
    """Return what the events of one product end as, in whatever order they arrive; None: it is deleted.

    This defines what the scripts in Elasticsearch must do.
    """
    state: dict[str, Any] | None = None
    for event in sorted(events, key=lambda e: (version_of(e), _RANK[e["type"]])):
        if event["type"] == "upsert":
            state = dict(event["product"])
        elif event["type"] == "delete":
            state = None
        elif state is not None:
            state = {**state, **event["fields"]}
    return state


def values(product_id: str, version: int, names: Sequence[str] = FIELDS) -> dict[str, Any]:
    """Make the values that an event sets. Images are file names, which the runner makes addresses of."""
    made = {
        "title": f"Thing v{version}",
        "brand": f"Brand v{version}",
        "price": float(version),
        "images": [f"{product_id}-v{version}.png"],
    }
    return {name: made[name] for name in names}


def field_versions(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the version of the event that set each field of a document, or of a part of one."""
    versions = {}
    for name in FIELDS:
        value = document.get(name)
        value = value[0].rpartition("/")[2] if isinstance(value, list) and value else value
        if isinstance(value, int | float):
            versions[name] = int(value)
        elif isinstance(value, str) and (number := _NUMBER.search(value)):
            versions[name] = int(number[1])
    return versions
