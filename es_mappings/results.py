"""Read Elasticsearch's answers as plain data: products, totals, facets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from es_mappings.facet_types import Counts, FacetValue, Flag, Range, Span, Terms
from es_mappings.facets import FACETS, STYLES, attribute_facet, read_counts
from es_mappings.spellings import spelling_key


@dataclass(frozen=True)
class Facets:
    """The counts of `facets.FACETS` over all matches of a result, by name."""

    terms: dict[str, list[FacetValue]]  # "category" (paths), "brand"
    flags: dict[str, int]  # "in_stock": how many products have it
    ranges: dict[str, Span | None]  # "price": the least and the greatest
    attributes: dict[str, list[FacetValue]]
    numbers: dict[str, Span]  # of numeric attributes

    @classmethod
    def read(cls, aggregations: Mapping[str, Any]) -> Facets:
        """Read them from an answer's aggregations."""
        return cls.of(read_counts(aggregations))

    @classmethod
    def of(cls, counts: Counts) -> Facets:
        """Read them from counts."""
        attributes = attribute_facet()
        return cls(
            {f.name: f.read(counts) for f in FACETS if isinstance(f, Terms)},
            {f.name: f.read(counts) for f in FACETS if isinstance(f, Flag)},
            {f.name: f.read(counts) for f in FACETS if isinstance(f, Range)},
            attributes.read(counts),
            attributes.read_numbers(counts),
        )

    def without(self, others: Facets) -> Facets:
        """Subtract the counts of some of the matches. A range stays as it is, even if its end was one of theirs."""
        return replace(
            self,
            terms={name: _subtract(values, others.terms[name]) for name, values in self.terms.items()},
            flags={name: count - others.flags[name] for name, count in self.flags.items()},
            attributes={
                name: values
                for name, all_values in self.attributes.items()
                if (values := _subtract(all_values, others.attributes.get(name, [])))
            },
        )


@dataclass(frozen=True)
class Hit:
    """A product of a result: its fields, score, sort values for `Page.after`, and its vector on request."""

    product: dict[str, Any]
    score: float | None
    sort: list[Any]
    vector: list[float] | None = None
    image: str | None = None  # the most similar of several images, if all of them were compared
    rules: tuple[str, ...] = ()  # names of the rules that moved it


@dataclass(frozen=True)
class Result:
    """One page of a result; an incomplete one lacks products of a shard that didn't answer."""

    total: int  # 0 if it was not asked for
    hits: list[Hit]
    facets: Facets | None
    took_ms: int
    point_in_time: str | None = None
    is_incomplete: bool = False


def read(answer: Mapping[str, Any]) -> Result:
    """Read the answer to a `search_page` request."""
    hits = [
        Hit(
            h["_source"],
            h.get("_score"),
            h.get("sort", []),
            h.get("fields", {}).get("vector"),
            _best_image(h),
            tuple(h.get("matched_queries", ())),
        )
        for h in answer["hits"]["hits"]
    ]
    aggregations = answer.get("aggregations")
    facets = Facets.read(aggregations) if aggregations and set(aggregations) != {STYLES} else None
    total = answer["hits"].get("total", {"value": 0})["value"]
    if aggregations and STYLES in aggregations:
        total = aggregations[STYLES]["value"]
    return Result(total, hits, facets, answer["took"], answer.get("pit_id"), is_incomplete(answer))


def is_incomplete(answer: Mapping[str, Any]) -> bool:
    """Return whether an answer lacks products of a shard that didn't answer."""
    return bool(answer.get("timed_out") or answer.get("_shards", {}).get("failed"))


def _subtract(values: list[FacetValue], others: list[FacetValue]) -> list[FacetValue]:
    if not others:
        return values
    counts = {spelling_key(other.value): other.count for other in others}
    taken = [(value, counts.get(spelling_key(value.value), 0)) for value in values]
    reduced = [replace(value, count=value.count - count) if count else value for value, count in taken]
    return sorted((value for value in reduced if value.count > 0), key=lambda value: -value.count)


def _best_image(hit: Mapping[str, Any]) -> str | None:
    pictures = hit.get("inner_hits", {}).get("pictures", {}).get("hits", {}).get("hits", [])
    return str(pictures[0]["_source"]["image"]) if pictures else None
