"""The facets of a listing as pages show them: values, switches and sliders, with their URLs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from es_mappings.attribute_facet import Attributes
from es_mappings.facet_types import Bounds, FacetValue, Flag, Range, Span, Terms
from es_mappings.facets import FACETS, Refinement
from es_mappings.results import Facets
from search.syntax import plain
from webapp.reading import HIGH, LOW
from webapp.storefront.links import Links
from webapp.storefront.wording import label, value_label

_FACETS, _VALUES = 8, 12  # how many attributes, and values of each facet, a page shows
_OPEN = 4  # how many facets are unfolded


@dataclass(frozen=True)
class Choice:
    """A link to choose: a facet value, a sort order, a category, or a filter to remove."""

    label: str
    url: str
    active: bool = False
    count: int | None = None
    children: tuple[Choice, ...] = ()


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


def groups(facets: Facets, links: Links) -> list[Group]:
    """Return the facets of a result in the order of their declaration, with its most useful attributes."""
    listed: list[Group] = []
    for facet in FACETS:
        if isinstance(facet, Terms) and not facet.drills_down and facets.terms[facet.name]:
            name, values = facet.name, facets.terms[facet.name]
            listed.append(_values(facet.label or label(name), name, values, links, is_attribute=False))
        elif isinstance(facet, Flag):
            listed += _switch(facet, facets.flags[facet.name], links)
        elif isinstance(facet, Range):
            listed += _slider(facet, facets.ranges[facet.name], links, is_attribute=False)
        elif isinstance(facet, Attributes):
            listed += _attributes(facet, facets, links)
    return list(_folded(listed))


def _folded(listed: Sequence[Group]) -> Iterator[Group]:
    """Fold all groups of values except the first ones and those with an active filter."""
    number = 0
    for group in listed:
        if isinstance(group, ValueGroup):
            number += 1
            chosen = any(choice.active for choice in group.values)
            yield ValueGroup(group.key, group.label, group.values, number <= _OPEN or chosen)
        else:
            yield group


def _values(text: str, name: str, values: Sequence[FacetValue], links: Links, *, is_attribute: bool) -> ValueGroup:
    def choice(value: FacetValue) -> Choice:
        refinement = Refinement(name, value.value, is_attribute)
        is_set = str(refinement) in links.parameters.filter
        return Choice(value_label(value.value), links.toggle(refinement), is_set, value.count)

    return ValueGroup(Refinement(name, "", is_attribute).facet, text, [choice(value) for value in values[:_VALUES]])


def _switch(facet: Flag, count: int, links: Links) -> Iterator[Switch]:
    if facet.name == "in_stock":
        active = bool(links.parameters.in_stock)
        url = links.listing(in_stock=None if active else True)
    else:
        refinement = Refinement(facet.name, "true", is_attribute=False)
        active, url = str(refinement) in links.parameters.filter, links.toggle(refinement)
    if count or active:
        yield Switch(facet.name, Choice(facet.label or label(facet.name), url, active, count))


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
        text = facet.label or _attribute_label(facet.name, key)
        yield Slider(key, text, names, chosen, _on_steps(span, facet.step), facet.step, others.to_query())


def _attributes(facet: Attributes, facets: Facets, links: Links) -> Iterator[Group]:
    """Yield the attributes with an active filter, then those that most products have and that distinguish them."""
    chosen = {name for name, _ in links.parameters.filters.attributes}
    sliders = {
        n.name: s for n in facet.numbers for s in _slider(n, facets.numbers.get(n.name), links, is_attribute=True)
    }
    # Values that only one product has each (article numbers) are useless as filters.
    useful = {
        name: values if name in facets.numbers else [v for v in values if v.count > 1 or len(values) <= _VALUES]
        for name, values in facets.attributes.items()
    }
    # A number with so many values that none is counted: most products have it.
    uncounted = [name for name in facets.numbers if name not in useful]
    useful |= {name: [] for name in uncounted}

    def is_shown(name: str) -> bool:
        return name in chosen or (sliders[name].handles is not None if name in sliders else len(useful[name]) > 1)

    def coverage(name: str) -> tuple[bool, bool, int]:
        return name not in chosen, name not in uncounted, -sum(v.count for v in useful[name])

    for name in sorted(useful, key=coverage)[:_FACETS]:
        if is_shown(name):
            text = _attribute_label(name, Refinement(name, "").facet)
            yield sliders.get(name) or _values(text, name, useful[name], links, is_attribute=True)


def _attribute_label(name: str, key: str) -> str:
    """Return an attribute's label, marked if a facet has the same name."""
    return label(name) if key == name else f"{label(name)} (attribute)"


def _on_steps(span: Span | None, step: float) -> Span | None:
    """Widen a span to whole steps of its slider."""
    if span is None:
        return None
    low, high = math.floor(span[0] / step + 1e-9) * step, math.ceil(span[1] / step - 1e-9) * step
    return round(low, 6), round(high, 6)


def bounds_label(bounds: Bounds) -> str:
    """Write a range for people: ``40 to 55``, ``From 40``, ``Up to 55``; empty if both ends are open."""
    if bounds == Bounds():
        return ""
    if bounds.high is None:
        return f"From {plain(bounds.low)}"
    return f"Up to {plain(bounds.high)}" if bounds.low is None else f"{plain(bounds.low)} to {plain(bounds.high)}"


def refinement_label(refinement: Refinement) -> str:
    """Write one ``filter`` for people: its value, with its name if the value alone is unclear."""
    name, value = _attribute_label(refinement.name, refinement.facet), refinement.value
    if bounds := refinement.bounds:
        span = bounds_label(bounds)
        return f"{name}: {span[0].lower()}{span[1:]}"
    return f"{name}: {value_label(value)}" if value in {"true", "false"} else value
