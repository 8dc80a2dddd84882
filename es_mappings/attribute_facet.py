"""The facet of all attributes, whose names are up to the shop."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.attributes import attribute_key
from es_mappings.facet_types import (
    Counts,
    Facet,
    FacetValue,
    Query,
    Range,
    Span,
    merged,
    read_span,
    read_values,
)
from es_mappings.spellings import any_of, in_any_case

ATTRIBUTE = "attribute:"  # prefix of an attribute's name in the keys of filters


@dataclass(frozen=True)
class Attributes(Facet):
    """All attributes in one aggregation, each shown as a facet; numeric ones have a range too.

    Values of one attribute are alternatives (red or blue); different attributes must all match (red and midi).

    Attributes
    ----------
    size : int
        How many values of all attributes together are counted.
    numbers : tuple of Range
        The numeric attributes.
    """

    size: int = 500
    numbers: tuple[Range, ...] = ()

    @property
    def mapping(self) -> Query:
        """An object of the numbers; ``facets``, which holds all values as text, is declared in product.py."""
        return {"type": "object", "properties": {number.name: number.mapping for number in self.numbers}}

    def number(self, name: str) -> Range | None:
        """Return the range of a numeric attribute; None for any other."""
        return next((number for number in self.numbers if number.name == name), None)

    def parse(self, text: str) -> tuple[str, str]:
        """Read ``name:value``; the value of a number may be a range."""
        name, _, value = text.partition(":")
        if ".." in value and (number := self.number(name)):
            number.parse(value)
        return name, value

    def clauses(self, chosen: Sequence[tuple[str, str]]) -> dict[str, Query]:
        """Build a filter for each attribute, in the order given."""
        names = dict.fromkeys(name for name, _ in chosen)
        return {ATTRIBUTE + name: self._clause(name, [v for n, v in chosen if n == name]) for name in names}

    def _clause(self, name: str, values: Sequence[str]) -> Query:
        number = self.number(name)
        ranges = [value for value in values if number and ".." in value]
        keys = [attribute_key(name, value) for value in values if value not in ranges]
        alternatives: list[Query] = [in_any_case("facets", keys)] if keys else []
        if number and ranges:
            alternatives += number.clauses([number.parse(value) for value in ranges]).values()
        return any_of(alternatives)

    def aggregations(self) -> dict[str, Query]:
        """Count the values of all attributes, and ask for the span of each number."""
        ranges = {_range(number.name): number.aggregations()[number.name] for number in self.numbers}
        return {self.name: {"terms": {"field": "facets", "size": self.size}}, **ranges}

    def unfiltered_aggregations(self, key: str) -> dict[str, Query]:
        """Count one attribute."""
        name = key.removeprefix(ATTRIBUTE)
        # In Lucene's patterns a backslash escapes any special character.
        pattern = re.sub(r"([^\w])", r"\\\1", attribute_key(name, ""))
        counts: dict[str, Query] = {
            self.name: {"terms": {"field": "facets", "size": self.size, "include": pattern + ".*"}}
        }
        if number := self.number(name):
            counts |= {_range(name): number.aggregations()[name]}
        return counts

    def read(self, counts: Counts) -> dict[str, list[FacetValue]]:
        """Read the values of each attribute."""
        attributes = _by_attribute(counts.filtered[self.name])
        for key, unfiltered in counts.unfiltered.items():
            attributes |= _by_attribute(unfiltered[self.name]) if key.startswith(ATTRIBUTE) else {}
        return {name: merged(values) for name, values in attributes.items()}

    def read_numbers(self, counts: Counts) -> dict[str, Span]:
        """Read the span of each number that any product has."""
        spans = {n.name: read_span(counts.of(_range(n.name), ATTRIBUTE + n.name)) for n in self.numbers}
        return {name: span for name, span in spans.items() if span}


def _range(name: str) -> str:
    return f"range:{name}"


def _by_attribute(aggregation: Mapping[str, Any]) -> dict[str, list[FacetValue]]:
    attributes: dict[str, list[FacetValue]] = {}
    for pair in read_values(aggregation):
        name, _, value = pair.value.partition(":")
        attributes.setdefault(name, []).append(FacetValue(value, pair.count))
    return {name: merged(values) for name, values in attributes.items()}
