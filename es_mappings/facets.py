"""The facets, by which shoppers narrow a result, counted over all its matches.

Each is declared once, in `FACETS`; its filter, its counts and their reading follow. A facet's counts ignore its own
filter: a shopper who picked red still sees how many are blue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from es_mappings.attribute_facet import Attributes
from es_mappings.attributes import read_number
from es_mappings.facet_types import Bounds, Counts, Facet, Flag, Query, Range, Terms
from es_mappings.spellings import any_of

# The numeric attributes, and the step of each one's slider. A new one takes a line here and a rebuild.
NUMBERS = tuple(
    Range(name, f"numbers.{name}", step=step)
    for name, step in {
        "screen_size_in": 0.1,
        "weight_kg": 0.1,
        "height_cm": 1,
        "heel_height_cm": 0.5,
        "refresh_rate_hz": 1,
        "ram_gb": 8,
        "storage_gb": 256,
    }.items()
)

# The facets, in the order of the pages. Category, stock and price have their own request parameters; all others are
# filtered by `filter=NAME:value`. A field that product.py doesn't declare gets the type of its facet.
FACETS: tuple[Facet, ...] = (
    Terms("category", "category_path", size=200, drills_down=True),
    Flag("in_stock", label="In stock only"),
    Terms("currency", size=20, least=2),
    Range("price"),
    Terms("brand", size=200),
    Attributes("attributes", "numbers", size=500, numbers=NUMBERS),
)

# The aggregation that counts styles, which is the total when variants are grouped.
STYLES = "styles"
COUNT_STYLES: Query = {STYLES: {"cardinality": {"field": "style", "precision_threshold": 40_000}}}

# Prefix of the aggregations that count a facet without its own filter. The filter's key after it is quoted, because the
# name of an aggregation may not contain [, ] or >.
_WITHOUT = "without:"

_ATTRIBUTE = "attribute."  # prefix of an attribute's name in `filter`; no attribute's name contains a dot


def attribute_facet() -> Attributes:
    """Return the facet of all attributes."""
    return next(facet for facet in FACETS if isinstance(facet, Attributes))


def facet_named(name: str) -> Facet | None:
    """Return the facet that ``filter=NAME:value`` filters by; None if the name is an attribute's."""
    return next((f for f in FACETS if f.name == name and name not in Filters.OWN_PARAMETERS), None)


def is_range(name: str) -> bool:
    """Return whether ``filter=NAME:`` takes ranges of numbers."""
    facet = None if name.startswith(_ATTRIBUTE) else facet_named(name)
    return isinstance(facet or attribute_facet().number(name.removeprefix(_ATTRIBUTE)), Range)


def document_fields() -> dict[str, Query]:
    """Return the mapping of the document fields that facets need."""
    return {facet.field: facet.mapping for facet in FACETS}


def attribute_numbers(attributes: Mapping[str, Any]) -> dict[str, float]:
    """Return the numeric ones of a product's attributes, as the ``numbers`` field holds them."""
    numbers = {n.name: read_number(attributes.get(n.name)) for n in attribute_facet().numbers}
    return {name: number for name, number in numbers.items() if number is not None}


@dataclass(frozen=True)
class Refinement:
    """One ``filter`` of a request: ``color:red``, ``brand:Marlowe``, ``screen_size_in:40..55``.

    ``attribute.NAME:value`` always filters by an attribute, even if a facet of the shop has the same name.
    """

    name: str
    value: str
    is_attribute: bool = True

    @classmethod
    def parse(cls, text: str) -> Refinement:
        """Read the value of a ``filter`` parameter.

        Raises
        ------
        ValueError
            It isn't ``name:value``, or the value isn't one of that facet.
        """
        name, _, value = text.partition(":")
        facet = None if name.startswith(_ATTRIBUTE) else facet_named(name)
        name = name.removeprefix(_ATTRIBUTE)
        if not (name and value):
            raise ValueError(f"{text!r} is not name:value")
        if facet:
            facet.parse(value)
        else:
            attribute_facet().parse(f"{name}:{value}")
        return cls(name, value, is_attribute=facet is None)

    @property
    def facet(self) -> str:
        """The name as ``filter`` writes it: with ``attribute.`` only if it would be read differently without."""
        is_taken = facet_named(self.name) or self.name.startswith(_ATTRIBUTE)
        return f"{_ATTRIBUTE}{self.name}" if self.is_attribute and is_taken else self.name

    @property
    def bounds(self) -> Bounds | None:
        """The range of numbers that it asks for; None if it asks for a value."""
        return Bounds.parse(self.value) if ".." in self.value and is_range(self.facet) else None

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        return f"{self.facet}:{self.value}"


@dataclass(frozen=True)
class Filters:
    """The filters of a result, which don't affect its scores.

    Values of the same facet or attribute are alternatives (red or blue); different facets must all match.
    """

    OWN_PARAMETERS = ("category", "in_stock", "price", "attributes")  # facets with their own fields here

    category: str | None = None  # a path, "Dresses/Midi dresses"
    fields: tuple[tuple[str, str], ...] = ()  # values of all other facets: ("brand", "Marlowe")
    attributes: tuple[tuple[str, str], ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    price_currency: str | None = None  # the only one that the two are compared in; None: whatever a price is in
    in_stock: bool | None = None
    cheaper_than: tuple[tuple[str | None, float], ...] = ()  # below, not at, a price of its currency
    not_brands: tuple[str, ...] = ()
    not_ids: tuple[str, ...] = ()
    rules: tuple[Query, ...] = ()  # clauses that the search team's rules add; they narrow every facet

    @classmethod
    def refined(cls, refinements: Sequence[Refinement], **others: Any) -> Filters:
        """Build the filters of refinements, and of ``others``, which are fields of this class."""
        pairs = [(r.is_attribute, (r.name, r.value)) for r in refinements]
        return cls(
            fields=tuple(pair for is_attribute, pair in pairs if not is_attribute),
            attributes=tuple(pair for is_attribute, pair in pairs if is_attribute),
            **others,
        )

    def chosen(self, facet: Facet) -> tuple[Any, ...]:
        """Return the chosen values of a facet."""
        price = Bounds(self.price_min, self.price_max)
        by_parameter: dict[str, tuple[Any, ...]] = {
            "category": (self.category,) if self.category else (),
            "in_stock": () if self.in_stock is None else (self.in_stock,),
            "price": () if price == Bounds() else (price,),
            "attributes": self.attributes,
        }
        others = (facet.parse(value) for name, value in self.fields if name == facet.name)
        return by_parameter[facet.name] if facet.name in by_parameter else tuple(others)

    @cached_property
    def by_key(self) -> Mapping[str, tuple[Facet, Query]]:
        """The filter clauses, each with its facet, by key (``attribute:color``)."""
        return {key: (f, clause) for f in FACETS for key, clause in f.clauses(self.chosen(f)).items()}

    def clauses(self, without: str = "") -> list[Query]:
        """Build all filter clauses except the one with the key ``without``."""
        return [clause for key, (_, clause) in self.by_key.items() if key != without] + self.other_clauses()

    def other_clauses(self) -> list[Query]:
        """Build the clauses that are no facet's."""
        clauses = list(self.rules)
        if self.price_currency:
            clauses.append({"term": {"currency": self.price_currency}})
        if self.cheaper_than:
            clauses.append(any_of([_cheaper(currency, price) for currency, price in self.cheaper_than]))
        excluded: list[Query] = [{"terms": {"brand": list(self.not_brands)}}] if self.not_brands else []
        excluded += [{"ids": {"values": list(self.not_ids)}}] if self.not_ids else []
        return [*clauses, {"bool": {"must_not": excluded}}] if excluded else clauses

    @property
    def attribute_names(self) -> list[str]:
        """The attributes of the filter, in the order given."""
        return list(dict.fromkeys(name for name, _ in self.attributes))


def _cheaper(currency: str | None, price: float) -> Query:
    """Build the clause of what costs less; prices of other currencies aren't comparable."""
    below = {"range": {"price": {"lt": price}}}
    if currency:
        return {"bool": {"filter": [below, {"term": {"currency": currency}}]}}
    return {"bool": {"filter": [below], "must_not": [{"exists": {"field": "currency"}}]}}


def aggregations(
    keywords: Sequence[Query] = (),
    filters: Filters = Filters(),
    excluded: Sequence[str] = (),
) -> Query:
    """Build the aggregations of a result.

    Parameters
    ----------
    keywords : sequence of dict
        The scoring clauses of the result's query: a facet without its own filter counts within them.
    filters : Filters
        The filters of the result. Each facet in them is counted once more, without its own filter.
    excluded : sequence of str
        Ids that are left out of the result, such as its anchors.
    """
    counts: Query = {name: query for facet in FACETS for name, query in facet.aggregations().items()}
    for key, (facet, _) in filters.by_key.items():
        unfiltered = facet.unfiltered_aggregations(key)
        if not unfiltered:
            continue
        others = {"bool": {"must": list(keywords), "filter": filters.clauses(without=key)}}
        if excluded:
            others["bool"]["must_not"] = [{"ids": {"values": list(excluded)}}]
        counts[_WITHOUT + quote(key, safe=":")] = {
            "global": {},
            "aggs": {"others": {"filter": others, "aggs": unfiltered}},
        }
    return counts


def read_counts(aggregations: Mapping[str, Any]) -> Counts:
    """Read an answer's aggregations."""
    unfiltered = {
        unquote(name.removeprefix(_WITHOUT)): aggregation["others"]
        for name, aggregation in aggregations.items()
        if name.startswith(_WITHOUT)
    }
    return Counts(aggregations, unfiltered)
