"""The facets of a listing as pages show them: values, switches and sliders, with their URLs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from es_mappings.attribute_facet import Attributes
from es_mappings.facet_types import Bounds, FacetValue, Flag, Range, Span, Terms
from es_mappings.facets import FACETS, Refinement
from es_mappings.results import Facets
from es_mappings.spellings import spelling_key
from search.colors import parse_color
from webapp.reading import HIGH, LOW
from webapp.storefront.links import Links
from webapp.storefront.wording import attribute_label, label, value_label

_FACETS, _SHOWN = 8, 200  # how many attributes, and values of each facet, a page has
_FEW = 12  # values of an attribute that are shown even if only one product has each
_COLORS = {"color", "colour"}  # attributes of these names, or that end in them, are colours
_OPEN = 4  # how many facets are unfolded


@dataclass(frozen=True)
class Choice:
    """A link to choose: a facet value, a sort order, a category, or a filter to remove."""

    label: str
    url: str
    active: bool = False
    count: int | None = None
    children: tuple[Choice, ...] = ()
    swatch: str = ""  # code of the colour that it is


@dataclass(frozen=True)
class ValueGroup:
    """A facet and its values."""

    kind: ClassVar = "values"
    key: str  # the facet's name in the parameter `filter`
    label: str
    values: list[Choice]
    is_open: bool = True


@dataclass(frozen=True)
class Switch:
    """A facet that is on or off."""

    kind: ClassVar = "switch"
    key: str
    choice: Choice


@dataclass(frozen=True)
class Slider:
    """A numeric facet: two fields, and a slider that fills them.

    Attributes
    ----------
    names : tuple of str
        Names of the two fields.
    chosen : Bounds
        The current filter.
    span : tuple of float or None
        Lowest and highest value in the listing, rounded out to whole steps; None if there are no values.
    hidden : list of (str, str)
        The other parameters, which the form sends along.
    """

    kind: ClassVar = "slider"
    key: str
    label: str
    names: tuple[str, str]
    chosen: Bounds
    span: Span | None
    step: float
    hidden: list[tuple[str, str]]

    @property
    def handles(self) -> Span | None:
        """Positions of the slider's handles, or None if the span is a single value or missing."""
        if self.span is None or self.span[0] >= self.span[1]:
            return None
        low, high = (
            end if chosen is None else min(max(chosen, self.span[0]), self.span[1])
            for chosen, end in zip((self.chosen.low, self.chosen.high), self.span, strict=True)
        )
        return low, high


Group = ValueGroup | Switch | Slider


def groups(facets: Facets, links: Links, whole: Facets | None = None) -> list[Group]:
    """Return the facets of a result in the order of their declaration, with its most useful attributes.

    Parameters
    ----------
    facets : Facets
        Of the result: its counts.
    whole : Facets, optional
        Of the same result without its filters. Which groups and values are shown, and in which order, depends on these
        alone, so that nothing moves while a shopper clicks: what the filters leave nothing of stays, with a count of 0.
    """
    whole = whole or facets
    listed: list[Group] = []
    for facet in FACETS:
        if isinstance(facet, Terms) and not facet.drills_down:
            listed += _terms(facet, in_order(facets.terms[facet.name], whole.terms[facet.name]), links)
        elif isinstance(facet, Flag):
            listed += _switch(facet, facets.flags[facet.name], whole.flags[facet.name], links)
        elif isinstance(facet, Range):
            if facet.name != "price" or _is_one_currency(whole, links):
                listed += _slider(facet, whole.ranges[facet.name], links, is_attribute=False)
        elif isinstance(facet, Attributes):
            listed += _attributes(facet, facets, whole, links)
    return list(_folded(listed))


def in_order(values: Sequence[FacetValue], whole: Sequence[FacetValue]) -> list[FacetValue]:
    """Return values in the order and spelling of ``whole``, with a count of 0 where they are missing."""
    counts = {spelling_key(value.value): value.count for value in values}
    ordered = [FacetValue(value.value, counts.pop(spelling_key(value.value), 0)) for value in whole]
    return ordered + [value for value in values if spelling_key(value.value) in counts]


def _folded(listed: Sequence[Group]) -> Iterator[Group]:
    """Fold all groups of values except the first ones and those with an active filter."""
    number = 0
    for group in listed:
        if isinstance(group, ValueGroup):
            number += 1
            yield replace(group, is_open=number <= _OPEN or any(choice.active for choice in group.values))
        else:
            yield group


def _values(text: str, name: str, values: Sequence[FacetValue], links: Links, *, is_attribute: bool) -> ValueGroup:
    key = Refinement(name, "", is_attribute).facet
    chosen = {spelling_key(r.value) for r in links.parameters.refinements if r.facet == key}
    is_color = key.rpartition("_")[2] in _COLORS

    def choice(value: FacetValue) -> Choice:
        url, is_set = links.toggle(Refinement(name, value.value, is_attribute)), spelling_key(value.value) in chosen
        return Choice(
            value_label(value.value), url, is_set, value.count, swatch=swatch(value.value) if is_color else ""
        )

    return ValueGroup(key, text, [choice(value) for value in values[:_SHOWN]])


def _terms(facet: Terms, values: Sequence[FacetValue], links: Links) -> Iterator[ValueGroup]:
    group = _values(label(facet.label or facet.name), facet.name, values, links, is_attribute=False)
    if len(values) >= facet.least or any(choice.active for choice in group.values):
        yield group


def _is_one_currency(whole: Facets, links: Links) -> bool:
    """Return whether the lowest and the highest price of a listing are comparable."""
    chosen = [r for r in links.parameters.refinements if r.name == "currency" and not r.is_attribute]
    return len(chosen) == 1 or len(whole.terms["currency"]) <= 1


def _switch(facet: Flag, count: int, whole: int, links: Links) -> Iterator[Switch]:
    if facet.name == "in_stock":
        active = bool(links.parameters.in_stock)
        url = links.listing(in_stock=None if active else True)
    else:
        refinement = Refinement(facet.name, "true", is_attribute=False)
        active, url = str(refinement) in links.parameters.filter, links.toggle(refinement)
    if whole or active:
        yield Switch(facet.name, Choice(label(facet.label or facet.name), url, active, count))


def _slider(facet: Range, span: Span | None, links: Links, *, is_attribute: bool) -> Iterator[Slider]:
    parameters = links.parameters
    if facet.name == "price" and not is_attribute:
        names, chosen = ("price_min", "price_max"), Bounds(parameters.price_min, parameters.price_max)
        key, others = facet.name, parameters.model_copy(update={"cursor": "", "price_min": None, "price_max": None})
    else:
        refinements = parameters.refinements
        active = [r for r in refinements if (r.name, r.is_attribute) == (facet.name, is_attribute)]
        rest = tuple(str(r) for r in refinements if r not in active)
        key, others = Refinement(facet.name, "", is_attribute).facet, parameters.model_copy(update={"filter": rest})
        names = (LOW + key, HIGH + key)
        chosen = next((bounds for r in reversed(active) if (bounds := r.bounds)), Bounds())
    if span or chosen != Bounds():
        text = label(facet.label) if facet.label else attribute_label(facet.name, key)
        yield Slider(key, text, names, chosen, _on_steps(span, facet.step), facet.step, others.to_query())


def _attributes(facet: Attributes, facets: Facets, whole: Facets, links: Links) -> Iterator[Group]:
    """Yield the attributes that most products have and that distinguish them, and those with an active filter."""
    chosen = {name for name, _ in links.parameters.filters.attributes}
    sliders = {
        n.name: s for n in facet.numbers for s in _slider(n, whole.numbers.get(n.name), links, is_attribute=True)
    }
    # Values that only one product has each (article numbers) are useless as filters.
    useful = {
        name: values if name in whole.numbers else [v for v in values if v.count > 1 or len(values) <= _FEW]
        for name, values in whole.attributes.items()
    }
    # A number with so many values that none is counted: most products have it.
    uncounted = [name for name in whole.numbers if name not in useful]
    useful |= {name: [] for name in [*uncounted, *sorted(chosen)] if name not in useful}

    def is_shown(name: str) -> bool:
        return name in chosen or (sliders[name].handles is not None if name in sliders else len(useful[name]) > 1)

    def coverage(name: str) -> tuple[bool, int]:
        return name not in uncounted, -sum(v.count for v in useful[name])

    for place, name in enumerate(sorted(filter(is_shown, useful), key=coverage)):
        if place < _FACETS or name in chosen:
            text = attribute_label(name, Refinement(name, "").facet)
            values = in_order(facets.attributes.get(name, []), whole.attributes.get(name, []))
            filtered = [v for n, v in links.parameters.filters.attributes if n == name]
            kept = {spelling_key(v) for v in (*(value.value for value in useful[name]), *filtered)}
            values = [value for value in values if spelling_key(value.value) in kept]
            yield sliders.get(name) or _values(text, name, values, links, is_attribute=True)


@lru_cache(1_024)
def swatch(value: str) -> str:
    """Return a colour's code, or nothing if the word is none."""
    try:
        red, green, blue = parse_color(value)
    except ValueError:
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}"


def _on_steps(span: Span | None, step: float) -> Span | None:
    """Widen a span to whole steps of its slider."""
    if span is None:
        return None
    low, high = math.floor(span[0] / step + 1e-9) * step, math.ceil(span[1] / step - 1e-9) * step
    return round(low, 6), round(high, 6)
