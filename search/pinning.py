"""Products that rules pin: read apart from the listing, and put in their places on its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from elasticsearch import Elasticsearch

from es_mappings import queries, results
from es_mappings.effects import Effects
from es_mappings.queries import Query
from es_mappings.results import Hit
from search.snapshots import Snapshot, search_in

T = TypeVar("T")


@dataclass(frozen=True)
class Pinned:
    """A pinned product of a listing.

    Attributes
    ----------
    position : int
        From 1; where the listing is shorter, it moves up.
    rule : str
        Name of the rule.
    """

    position: int
    rule: str
    hit: Hit


def read_pinned(
    client: Elasticsearch,
    snapshot: Snapshot,
    query: Query,
    effects: Effects,
    excluded: Sequence[str],
    cursor: str,
    *,
    group: bool,
) -> tuple[Pinned, ...]:
    """Read the pinned products that a listing has, by position: those that its filters leave in.

    Parameters
    ----------
    query : dict
        Of the listing's matches.
    excluded : sequence of str
        Ids that the listing leaves out, such as those of its anchors.
    group : bool
        Whether variants of a style are shown as one; then the first of them is pinned.
    """
    pins = {i: place for i, place in effects.pins.items() if i not in excluded}
    if not pins:
        return ()
    parts = {"query": {"bool": {"filter": [query, {"ids": {"values": list(pins)}}]}}}
    request = queries.search_page(parts, page=queries.Page(size=len(pins)), vectors=True, counted=False)
    hits = {hit.product["id"]: hit for hit in results.read(search_in(client, snapshot, request, cursor)).hits}
    found = [Pinned(position, rule, hits[i]) for i, (position, rule) in pins.items() if i in hits]
    if not group:
        return tuple(found)
    firsts: dict[Any, Pinned] = {}
    for pinned in found:
        firsts.setdefault(_style(pinned.hit), pinned)
    return tuple(firsts.values())


def ids_of(pinned: Sequence[Pinned]) -> list[str]:
    """Return the ids of pinned products."""
    return [p.hit.product["id"] for p in pinned]


def of_their_styles(pinned: Sequence[Pinned]) -> list[Query]:
    """Build the query of all variants of the pinned products; none without pins."""
    styles = [style for p in pinned if (style := _style(p.hit))]
    return [{"terms": {"style": styles}}] if styles else []


def slots(pinned: Sequence[Pinned], total: int) -> dict[int, Pinned]:
    """Return the places of a listing that pinned products take, counted from 0; in a short listing the last ones."""
    count = len(pinned)
    return {min(p.position - 1, max(total - count, 0) + place): p for place, p in enumerate(pinned)}


def rest_before(pinned: Sequence[Pinned], offset: int, total: int) -> int:
    """Return how many products that aren't pinned stand before an offset."""
    return offset - sum(slot < offset for slot in slots(pinned, total))


def placed(
    rest: Sequence[T], pins: Sequence[tuple[Pinned, T]], offset: int, size: int, total: int
) -> tuple[list[T], int]:
    """Put pins into a page.

    Parameters
    ----------
    rest : sequence
        What isn't pinned, from the page's start on.
    pins : sequence of tuple
        Each pinned product, with what stands for it on the page.

    Returns
    -------
    tuple
        The page, and how many of ``rest`` it has.
    """
    shown = dict(zip(slots([pinned for pinned, _ in pins], total), (shown for _, shown in pins), strict=True))
    page: list[T] = []
    used = 0
    for slot in range(offset, offset + size):
        if slot in shown:
            page.append(shown[slot])
        elif used < len(rest):
            page.append(rest[used])
            used += 1
        else:
            break
    return page, used


def _style(hit: Hit) -> Any:
    return hit.product.get("style")
