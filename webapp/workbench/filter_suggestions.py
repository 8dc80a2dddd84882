"""What filter fields of the workbench suggest: the shop's facets and their values, as a filter writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from es_mappings.facet_types import FacetValue
from es_mappings.facets import Filters, Refinement
from es_mappings.results import Facets


def of_rules(facets: Facets | None) -> list[FacetValue]:
    """Return the filters that rules take, each with the number of products that match; 0 where nobody has counted.

    Parameters
    ----------
    facets : Facets or None
        Of the whole shop.
    """
    if facets is None:
        return []
    names = [name for name in facets.terms if name in Filters.OWN_PARAMETERS]
    own = [value for name in names for value in _terms(facets, name)]
    flags = [
        value
        for name, count in facets.flags.items()
        for value in (FacetValue(f"{name}:true", count), FacetValue(f"{name}:false", 0))
    ]
    ranges = [_range(name, *span) for name, span in facets.ranges.items() if span]
    return [*own, *flags, *ranges, *of_requests(facets)]


def of_requests(facets: Facets | None) -> list[FacetValue]:
    """Return the filters that ``filter=`` takes: what has no parameter of its own."""
    if facets is None:
        return []
    names = [name for name in facets.terms if name not in Filters.OWN_PARAMETERS]
    return [*(value for name in names for value in _terms(facets, name)), *_attributes(facets)]


def _terms(facets: Facets, name: str) -> Iterator[FacetValue]:
    yield from (FacetValue(f"{name}:{each.value}", each.count) for each in facets.terms[name])


def _attributes(facets: Facets) -> Iterator[FacetValue]:
    for name, values in sorted(facets.attributes.items()):
        if name not in facets.numbers:
            yield from (FacetValue(str(Refinement(name, each.value)), each.count) for each in values)
    yield from (_range(str(Refinement(name, "")).removesuffix(":"), *span) for name, span in facets.numbers.items())


def _range(name: str, low: float, high: float) -> FacetValue:
    return FacetValue(f"{name}:{low:g}..{high:g}", 0)
