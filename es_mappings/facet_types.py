"""The types of facet. Each builds its filters and aggregations, and reads its counts from an answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.attributes import read_number
from es_mappings.spellings import any_of, in_any_case, spelling_key

Query = dict[str, Any]
Span = tuple[float, float]


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet, and how many matches have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Bounds:
    """A range of numbers, both ends included; an open end is None."""

    low: float | None = None
    high: float | None = None

    @classmethod
    def parse(cls, text: str) -> Bounds:
        """Read ``40..55``, ``40..`` or ``..55``; a single number is both ends.

        Raises
        ------
        ValueError
            It is none of these, or its end is below its start.
        """
        low, separator, high = text.partition("..")
        bounds = cls(read_number(low), read_number(high if separator else low))
        unread = any(end.strip() and read_number(end) is None for end in (low, high))
        if unread or bounds == cls():
            raise ValueError(f"{text!r} is no range of numbers, such as 40..55, 40.. or ..55")
        if bounds.low is not None and bounds.high is not None and bounds.low > bounds.high:
            raise ValueError(f"{text!r} ends before it starts")
        return bounds

    @property
    def query(self) -> dict[str, float]:
        """The parameters of Elasticsearch's ``range`` query."""
        ends = {"gte": self.low, "lte": self.high}
        return {name: end for name, end in ends.items() if end is not None}


@dataclass(frozen=True)
class Counts:
    """The counts of an answer: within all filters, and without a filter by its key."""

    filtered: Mapping[str, Any]
    unfiltered: Mapping[str, Mapping[str, Any]]

    def of(self, aggregation: str, key: str) -> Mapping[str, Any]:
        """Return an aggregation's result without the filter of a key."""
        counts: Mapping[str, Any] = self.unfiltered.get(key, self.filtered)[aggregation]
        return counts


@dataclass(frozen=True)
class Facet(ABC):
    """A facet: a filter of results, and the counts of its values.

    Attributes
    ----------
    name : str
        Its name in the API.
    field : str
        The document field; by default the one of the same name.
    label : str
        Its heading for shoppers; by default made from its name.
    """

    name: str
    field: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        """Use the field of the facet's name unless another is given."""
        object.__setattr__(self, "field", self.field or self.name)

    @property
    @abstractmethod
    def mapping(self) -> Query:
        """The mapping of its document field, unless product.py declares one."""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Read a value from a request; raise `ValueError` if it isn't one."""

    @abstractmethod
    def clauses(self, chosen: Sequence[Any]) -> dict[str, Query]:
        """Build the filter clauses of the chosen values, by the key under which one can be left out."""

    @abstractmethod
    def aggregations(self) -> dict[str, Query]:
        """Build the aggregations that count it within all filters."""

    def unfiltered_aggregations(self, key: str) -> dict[str, Query]:
        """Build the aggregations that count it without the filter of a key; none if it counts within its filter."""
        return self.aggregations()


@dataclass(frozen=True)
class Terms(Facet):
    """A keyword field; chosen values are alternatives.

    Attributes
    ----------
    size : int
        How many values are counted.
    drills_down : bool
        Whether it counts within its own filter, as a category counts its subcategories.
    least : int
        How many values it takes for pages to show it.
    """

    size: int = 50
    drills_down: bool = False
    least: int = 1

    @property
    def mapping(self) -> Query:
        """A keyword."""
        return {"type": "keyword", "ignore_above": 256}

    def parse(self, text: str) -> str:
        """Take any text."""
        return text

    def clauses(self, chosen: Sequence[str]) -> dict[str, Query]:
        """Build the filter of any of the values; a path counts as it is written, other values in any case."""
        if not chosen:
            return {}
        return {
            self.name: {"terms": {self.field: list(chosen)}} if self.drills_down else in_any_case(self.field, chosen)
        }

    def aggregations(self) -> dict[str, Query]:
        """Count the products of each value."""
        return {self.name: {"terms": {"field": self.field, "size": self.size}}}

    def unfiltered_aggregations(self, key: str) -> dict[str, Query]:
        """Count without its own filter, unless it drills down."""
        return {} if self.drills_down else self.aggregations()

    def read(self, counts: Counts) -> list[FacetValue]:
        """Read the values, the most frequent first."""
        values = read_values(counts.of(self.name, self.name))
        return values if self.drills_down else merged(values)


@dataclass(frozen=True)
class Flag(Facet):
    """A boolean field."""

    @property
    def mapping(self) -> Query:
        """A boolean."""
        return {"type": "boolean"}

    def parse(self, text: str) -> bool:
        """Read ``true`` or ``false``."""
        if text not in {"true", "false"}:
            raise ValueError(f"{text!r} is neither true nor false")
        return text == "true"

    def clauses(self, chosen: Sequence[bool]) -> dict[str, Query]:
        """Build the filter of the last value chosen."""
        return {self.name: {"term": {self.field: chosen[-1]}}} if chosen else {}

    def aggregations(self) -> dict[str, Query]:
        """Count the products of either value."""
        return {self.name: {"terms": {"field": self.field}}}

    def read(self, counts: Counts) -> int:
        """Read how many products have the flag set."""
        return sum(v.count for v in read_values(counts.of(self.name, self.name)) if v.value == "true")


@dataclass(frozen=True)
class Range(Facet):
    """A numeric field, filtered by a slider.

    Attributes
    ----------
    step : float
        One step of the slider, in the unit of the field.
    """

    step: float = 1.0

    @property
    def mapping(self) -> Query:
        """A double."""
        return {"type": "double"}

    def parse(self, text: str) -> Bounds:
        """Read ``40..55``, ``40..``, ``..55`` or a number."""
        return Bounds.parse(text)

    def clauses(self, chosen: Sequence[Bounds]) -> dict[str, Query]:
        """Build the filter of any of the ranges."""
        ranges: list[Query] = [{"range": {self.field: bounds.query}} for bounds in chosen]
        return {self.name: any_of(ranges)} if ranges else {}

    def aggregations(self) -> dict[str, Query]:
        """Ask for the least and the greatest number."""
        return {self.name: {"stats": {"field": self.field}}}

    def read(self, counts: Counts) -> Span | None:
        """Read the least and the greatest number; None if no product has one."""
        return read_span(counts.of(self.name, self.name))


def read_span(stats: Mapping[str, Any]) -> Span | None:
    """Read the least and the greatest number of a ``stats`` aggregation; None if there is none."""
    return (stats["min"], stats["max"]) if stats["count"] else None


def read_values(terms: Mapping[str, Any]) -> list[FacetValue]:
    """Read the values of a ``terms`` aggregation."""
    return [FacetValue(str(b.get("key_as_string", b["key"])), b["doc_count"]) for b in terms["buckets"]]


def merged(values: Sequence[FacetValue]) -> list[FacetValue]:
    """Make ``Red`` and ``red`` one value, in the spelling of the first, the most frequent one."""
    spellings: dict[str, str] = {}
    counts: dict[str, int] = {}
    for value in values:
        key = spelling_key(value.value)
        spellings.setdefault(key, value.value)
        counts[key] = counts.get(key, 0) + value.count
    if len(spellings) == len(values):
        return list(values)
    return sorted((FacetValue(spellings[key], count) for key, count in counts.items()), key=lambda v: -v.count)
