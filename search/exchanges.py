"""Attribute exchanges: "this, but with long sleeves". One value of the likes is exchanged, the rest stays.

Only products of the new value are listed, and each like is moved by what separates them, on average, from those of its
own value: else its short sleeves would go on deciding which of the long ones come first. A color that no product is
labelled with is exchanged in the color part, so that it needs no labels. Products rise with each other value that they
share with the likes: the attributes aspect, a projection to few dimensions, tells only roughly how many these are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from cachetools import TTLCache
from elasticsearch import ApiError

from es_mappings import queries
from es_mappings.anchors import Anchor
from es_mappings.attributes import attribute_key
from es_mappings.exchanges import moved, with_part
from es_mappings.facets import Filters, is_range
from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.elastic.product_index import ProductIndex
from indexer.spaces.vector_space import VectorSpace
from search.anchors import Anchors
from search.colors import ASPECT as COLOR
from search.colors import color_part, parse_color
from search.notices import Notice
from search.snapshots import Snapshot, VectorMeaning, search_each_in
from search.syntax import COLOR_NAMES

ATTRIBUTES = "attributes"  # the aspect that leads where an attribute is exchanged
_SAMPLE = 100  # products of a value whose mean is taken; means of more differ little
_READ = 4_000  # products whose vectors a search may read: many likes of many values have smaller samples each
_MAX_KEPT, _LONGEST = 20, 100  # values, each a clause of the query, and characters of one
_CACHED, _CACHE_SECONDS = 2_000, 180.0  # means: 4 MB; as long as a point in time is kept


@dataclass(frozen=True)
class _Group:
    """Products of one department: those of a value of an attribute, or those of all its others."""

    department: str
    name: str
    value: str
    has_value: bool = True

    def request(self, size: int) -> dict[str, Any]:
        """Build the request that reads a random but reproducible sample of them, with vectors."""
        query = queries.browse(None, Filters(category=self.department or None))
        of_value = Filters(attributes=((self.name, self.value),)).clauses()
        if self.has_value:
            query["bool"]["filter"] += of_value
        else:
            query["bool"]["filter"].append({"prefix": {"facets": attribute_key(self.name, "")}})
            query["bool"]["must_not"] = of_value
        by_picture = [{"embedding.image_digest": "asc"}, {"id": "asc"}]
        return {**queries.by_ids([]), "query": query, "size": size, "sort": by_picture}


class Exchanges:
    """Exchanges attributes of likes by means of products of one index. Safe for threads.

    Means are kept for the other pages of a snapshot, and for other searches of it.
    """

    def __init__(self, index: ProductIndex, space: Callable[[str], VectorSpace]) -> None:
        self._client, self._space = index.client, space
        self._cache: TTLCache[tuple[Snapshot, _Group, int], Vector | None] = TTLCache(_CACHED, _CACHE_SECONDS)
        self._lock = Lock()

    def apply(
        self, exchanges: Mapping[str, str], anchors: Anchors, snapshot: Snapshot, meaning: VectorMeaning, cursor: str
    ) -> Anchors:
        """Return the anchors with attributes exchanged, and what to filter by.

        Parameters
        ----------
        exchanges : mapping of str to str
            Attribute to its new value.
        cursor : str
            The cursor that led to the snapshot, if one did.
        """
        groups = {
            (name, a.id): _groups(a, anchors.products[a.id], name, value)
            for name, value in exchanges.items()
            for a in anchors.usable
            if a.weight > 0
        }
        if not groups:
            return anchors
        means = self._means({group for pair in groups.values() for group in pair}, snapshot, cursor)
        for name, value in exchanges.items():
            of_likes = {anchor_id: pair for (n, anchor_id), pair in groups.items() if n == name}
            if any(new in means for new, _ in of_likes.values()):
                anchors = _moved(anchors, of_likes, means, meaning)
            elif (part := self._color(name, value, meaning)).any():
                usable: list[Anchor] = with_part(anchors.usable, COLOR, part, meaning.layout)
                anchors = replace(anchors, usable=usable, led_by=COLOR)
                continue
            else:
                notice = Notice("no_such_value", {"name": name, "value": value})
                anchors = replace(anchors, warnings=[*anchors.warnings, notice])
            anchors = replace(anchors, exchanged=(*anchors.exchanged, (name, value)))
        likes = [anchors.products[a.id] for a in anchors.usable if a.weight > 0 and a.id in anchors.products]
        return replace(anchors, kept=_kept(likes, exchanges))

    def _color(self, name: str, value: str, meaning: VectorMeaning) -> Vector:
        """Return the color part of a color; empty if it is none, or colors can't be compared."""
        try:
            color = parse_color(value) if name in COLOR_NAMES and meaning.space else None
        except ValueError:
            color = None
        return color_part(self._space(meaning.space or ""), color) if color else np.zeros(0, np.float32)

    def _means(self, groups: Iterable[_Group], snapshot: Snapshot, cursor: str) -> dict[_Group, Vector]:
        """Return the mean vector of each group that has products with vectors."""
        asked = sorted(groups, key=repr)
        size = min(_SAMPLE, _READ // len(asked)) if asked else 0
        with self._lock:
            means = {g: self._cache[key] for g in asked if (key := (snapshot, g, size)) in self._cache}
        missing = [group for group in asked if group not in means]
        requests = [group.request(size) for group in missing]
        answers = search_each_in(self._client, snapshot, requests, cursor) if requests else []
        for group, answer in zip(missing, answers, strict=True):
            if isinstance(answer, ApiError):
                raise answer
            found = [v for hit in answer["hits"]["hits"] if (v := hit["_source"].get("vector")) is not None]
            means[group] = np.stack([vector(values) for values in found]).mean(axis=0) if found else None
        if snapshot.point_in_time:
            with self._lock:
                self._cache.update({(snapshot, group, size): means[group] for group in missing})
        return {group: mean for group, mean in means.items() if mean is not None}


def _groups(anchor: Anchor, product: Mapping[str, Any], name: str, value: str) -> tuple[_Group, _Group]:
    """Return the groups of the new value and of a like's own; where that isn't known, of all others."""
    own = (product.get("effective") or product.get("attributes") or {}).get(name)
    new = _Group(anchor.department, name, value)
    if own is None or isinstance(own, list):
        return new, replace(new, has_value=False)
    return new, replace(new, value=attribute_key(name, own).removeprefix(f"{name}:"))


def _kept(likes: Sequence[Mapping[str, Any]], exchanged: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the values that all likes share, of what their pictures show; of all attributes where that isn't known."""
    shared: set[tuple[str, str]] | None = None
    for like in likes:
        seen, effective = like.get("predicted") or {}, like.get("effective") or like.get("attributes") or {}
        values = {
            (name, attribute_key("", value).removeprefix(":"))
            for name, value in effective.items()
            if name not in exchanged and (not seen or name in seen) and _is_choice(name, value)
        }
        shared = values if shared is None else shared & values
    return tuple(sorted(shared or ())[:_MAX_KEPT])


def _is_choice(name: str, value: object) -> bool:
    """Return whether an attribute is one of some values: no number, no list, no text of any length."""
    return isinstance(value, bool) or (isinstance(value, str) and 0 < len(value) <= _LONGEST and not is_range(name))


def _moved(
    anchors: Anchors,
    of_likes: Mapping[str, tuple[_Group, _Group]],
    means: Mapping[_Group, Vector],
    meaning: VectorMeaning,
) -> Anchors:
    def changed(anchor: Anchor) -> Anchor:
        if anchor.id not in of_likes or not all(group in means for group in of_likes[anchor.id]):
            return anchor
        new, own = of_likes[anchor.id]
        return moved(anchor, means[new] - means[own], meaning.layout)

    return replace(anchors, usable=[changed(a) for a in anchors.usable], led_by=anchors.led_by or ATTRIBUTES)
