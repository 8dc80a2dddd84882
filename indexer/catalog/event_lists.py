"""Lists of catalogue events, as other systems send them: invalid ones are named, all others are taken."""

from __future__ import annotations

from collections import Counter
from typing import Any

from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.events import Event, check_images, parse_event
from indexer.catalog.feeds.mapping import Mapping, mapped
from indexer.errors import CatalogError


def parse_events(
    data: list[Any], version: int, rates: Rates = NO_RATES, mapping: Mapping | None = None
) -> tuple[list[tuple[int, Event]], list[dict[str, Any]]]:
    """Return the valid events with their positions, and what is wrong with each of the others.

    Parameters
    ----------
    data : list
        The events as they came.
    version : int
        Of events that name none. Those of one product keep their order.
    rates : Rates, optional
        What prices are converted by.
    mapping : Mapping, optional
        What the shop calls our fields.
    """
    parsed: list[tuple[int, Event]] = []
    errors: list[dict[str, Any]] = []
    seen = Counter[str]()
    for position, item in enumerate(data):
        try:
            ours = mapped(item, mapping)
            event = parse_event(ours, version=version, rates=rates)
            if event.version == version and seen[event.id]:
                event = parse_event(ours, version=version + seen[event.id], rates=rates)
            check_images(event)
            seen[event.id] += 1
            parsed.append((position, event))
        except CatalogError as error:
            errors.append({"index": position, "detail": str(error)})
    return parsed, errors
