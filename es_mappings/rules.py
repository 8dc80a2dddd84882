"""Rules of the search team: when a search is for something, pin, hide, boost or narrow products. Pure.

A rule holds whatever the order. Hidden products and added filters are part of the query, so they are missing in totals
and facets, too; pins keep their places while the rest is sorted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from es_mappings.attribute_facet import Attributes
from es_mappings.configuration import VERSION, Name
from es_mappings.facet_types import Query
from es_mappings.facets import FACETS, Filters, Refinement
from es_mappings.keywords import comparable

MAX_PINS, MAX_POSITION, MAX_RULES = 20, 100, 500


def clause_of(text: str) -> Query:
    """Build the clause of a filter, ``NAME:VALUE``: of a facet (``category:Dresses``), or an attribute (``color:red``).

    Raises
    ------
    ValueError
        It isn't one.
    """
    name, _, value = text.partition(":")
    facet = next((f for f in FACETS if f.name == name and not isinstance(f, Attributes)), None)
    if facet and value:
        return next(iter(facet.clauses((facet.parse(value),)).values()))
    return Filters.refined([Refinement.parse(text)]).clauses()[0]


def _checked(text: str) -> str:
    clause_of(text)
    return text


def _local_or_https(address: str) -> str:
    if not address:
        return ""
    parts = urlsplit(address)
    is_local = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not (is_local or (parts.scheme == "https" and parts.netloc)) or re.search(r"[\s\\]", address):
        raise ValueError("must be a path of the shop that begins with /, or an address that begins with https://")
    return address


Filter = Annotated[str, StringConstraints(max_length=600), AfterValidator(_checked)]
ProductId = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Path = Annotated[str, StringConstraints(max_length=600)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Pin(_Part):
    """A product that keeps its place."""

    id: ProductId
    position: Annotated[int, Field(ge=1, le=MAX_POSITION)]
    """From 1."""


class Boost(_Part):
    """How many times as much the score of some products counts: above 1 they rise, below 1 they sink."""

    filter: Filter
    factor: Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)]


@dataclass(frozen=True)
class Occasion:
    """What decides which rules apply to a search.

    Attributes
    ----------
    words : str
        Keywords of the request.
    category : str
        Path of the category that is searched in.
    likes_categories : tuple of str
        Paths of the liked products' narrowest categories.
    configuration : str
        Name of the live configuration.
    """

    words: str
    category: str
    likes_categories: tuple[str, ...]
    configuration: str
    day: dt.date


class When(_Part):
    """When a rule applies: where all that it says holds."""

    words: Words = ""
    """Words of the search, next to each other; without case, and the ending of a plural."""
    match: Literal["contains", "exact"] = "contains"
    """Whether a search may have other words, too."""
    category: Path = ""
    """Path of the category that is searched in; those below it count, too."""
    likes_category: Path = ""
    """Path of the category of a liked product."""
    starts: dt.date | None = None
    """The first day."""
    ends: dt.date | None = None
    """The last day."""
    configuration: str = ""
    """Name of the configuration that must be live."""

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> When:
        if self.starts and self.ends and self.starts > self.ends:
            raise ValueError(f"ends: {self.ends} is before it starts, {self.starts}")
        return self

    def holds(self, occasion: Occasion) -> bool:
        """Return whether it holds for a search."""
        within = _within(occasion.category, self.category)
        liked = not self.likes_category or any(_within(c, self.likes_category) for c in occasion.likes_categories)
        named = self.configuration in ("", occasion.configuration)
        return self._is_on(occasion.day) and within and liked and named and self._has_words(occasion.words)

    def _is_on(self, day: dt.date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)

    def _has_words(self, text: str) -> bool:
        mine, words = comparable_words(self.words), comparable_words(text)
        if not mine or self.match == "exact":
            return not mine or words == mine
        return any(words[at : at + len(mine)] == mine for at in range(len(words) - len(mine) + 1))


class Then(_Part):
    """What a rule does."""

    pin: Annotated[tuple[Pin, ...], Field(max_length=MAX_PINS)] = ()
    hide: Annotated[tuple[Filter, ...], Field(max_length=50)] = ()
    """Filters: what any of them matches is hidden."""
    hide_ids: Annotated[tuple[ProductId, ...], Field(max_length=200)] = ()
    boost: Annotated[tuple[Boost, ...], Field(max_length=20)] = ()
    filter: Annotated[tuple[Filter, ...], Field(max_length=20)] = ()
    """Filters: what one of them doesn't match is left out."""
    redirect: Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_local_or_https)] = ""
    """Where the storefront leads instead of showing the listing."""
    banner: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    """Text above the listing."""

    @field_validator("pin")
    @classmethod
    def _places_are_taken_once(cls, pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
        for what, counted in (
            ("product", Counter(p.id for p in pins)),
            ("position", Counter(p.position for p in pins)),
        ):
            for value, count in counted.items():
                if count > 1:
                    raise ValueError(f"{what} {value} is pinned twice")
        return pins

    @model_validator(mode="after")
    def _does_something(self) -> Then:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("a rule must pin, hide, boost, filter, redirect or show a banner")
        return self


class Rule(_Part):
    """One rule."""

    version: Literal[1] = VERSION
    """Of the format."""
    name: Name
    """Small letters, digits and hyphens."""
    priority: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    """Of two rules that want the same place, the one of higher priority has it; then the first by name."""
    when: When = When()
    then: Then


@lru_cache(maxsize=2 * MAX_RULES)  # searches are compared with the same rules again and again
def comparable_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as rules compare them."""
    return comparable(text.split())


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules in the order in which they win."""
    return sorted(rules, key=lambda rule: (-rule.priority, rule.name))


def _within(path: str, category: str) -> bool:
    return not category or f"{path}/".startswith(f"{category}/")
