"""What a search request may say, checked before anything is asked of Elasticsearch."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from werkzeug.datastructures import MultiDict

from es_mappings.anchors import MAX_ANCHORS, Mode
from es_mappings.facets import Filters
from es_mappings.layout import Layout
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import Images
from es_mappings.strategies import Metric
from webapp.errors import ParameterError

BRAND = "brand"  # the one filter name that isn't an attribute

Sort = Literal["relevance", "price", "-price", "newest", "similar"]
But = Literal["cheaper", "in_stock", "other_brand"]  # similar, but ...
Price = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Short = Annotated[str, StringConstraints(max_length=600)]

# "ID" or "ID^weight"; an id may hold a ^ of its own, so the last one counts.
_WEIGHTED = re.compile(r"(?P<id>.+?)(?:\^(?P<weight>[0-9.]{1,8}))?")


class SearchParameters(BaseModel):
    """The parameters of a listing, as the URL of a page or of the API gives them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    category: Short = ""
    filter: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    price_min: Price | None = None
    price_max: Price | None = None
    in_stock: bool | None = None
    sort: Sort | None = None
    like: Annotated[tuple[Short, ...], Field(max_length=MAX_ANCHORS)] = ()
    dislike: Annotated[tuple[Short, ...], Field(max_length=MAX_ANCHORS)] = ()
    but: Annotated[tuple[But, ...], Field(max_length=3)] = ()
    mode: Mode = "auto"
    weight: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    metric: Metric = "cosine"
    images: Images = "primary"
    relevance: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    strategy: Literal["auto", "exact", "rescore"] = "auto"
    explain: bool = False
    group: bool = False
    min_match: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    diversity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    size: Annotated[int, Field(ge=1, le=100)] = 24
    cursor: Annotated[str, StringConstraints(max_length=6_000)] = ""

    @field_validator("price_min", "price_max", "in_stock", "sort", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == "" else value  # an empty field of a form

    @field_validator("filter")
    @classmethod
    def _filters_have_names(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not all(value.partition(":")):
                raise ValueError(f"{value!r} is not name:value")
        return values

    @field_validator("like")
    @classmethod
    def _likes_have_weights_above_zero(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            _anchor(value)
        return values

    @field_validator("weight")
    @classmethod
    def _weights_count(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        _weights(values, LAYOUT)
        return values

    @model_validator(mode="after")
    def _go_together(self) -> SearchParameters:
        if len(self.like) + len(self.dislike) > MAX_ANCHORS:
            raise ValueError(f"like and dislike name more than {MAX_ANCHORS} products")
        if self.images == "any" and (self.strategy == "rescore" or self.metric != "cosine"):
            raise ValueError("images=any goes with metric=cosine, and not with strategy=rescore")
        if self.group and self.strategy == "rescore":
            raise ValueError("group can't be combined with strategy=rescore")
        if self.min_match and (self.strategy == "rescore" or self.relevance or self.metric != "cosine"):
            raise ValueError(
                "min_match goes with the order by similarity alone: without relevance, metric and strategy"
            )
        return self

    @property
    def order(self) -> Sort:
        """The sort asked for; without one, similar as soon as something is liked."""
        return self.sort or ("similar" if self.like else "relevance")

    @property
    def likes(self) -> dict[str, float]:
        """Liked ids and their weights, in the order given; the last mention of an id counts."""
        return dict(_anchor(value) for value in self.like)

    @property
    def anchors(self) -> dict[str, float]:
        """Liked ids with their weights, disliked ones with weight -1. A product that is both is liked."""
        return {**dict.fromkeys(self.dislike, -1.0), **self.likes}

    @property
    def needs_vectors(self) -> bool:
        """Whether the score alone doesn't tell a product's similarity, so that its vector is asked for."""
        return self.explain or self.relevance > 0 or self.diversity > 0 or self.strategy == "rescore"

    @property
    def weights(self) -> dict[str, float]:
        """How much each aspect counts: as asked, and as by default where nothing is asked."""
        return DEFAULT_WEIGHTS | _weights(self.weight, LAYOUT)

    @property
    def filters(self) -> Filters:
        """What narrows the listing."""
        pairs = [(name, value) for name, _, value in (f.partition(":") for f in self.filter)]
        return Filters(
            category=self.category or None,
            brands=tuple(value for name, value in pairs if name == BRAND),
            attributes=tuple(pair for pair in pairs if pair[0] != BRAND),
            price_min=self.price_min,
            price_max=self.price_max,
            in_stock=self.in_stock,
        )

    @property
    def fingerprint(self) -> str:
        """Names the listing whatever the page: a cursor of one is not taken for another."""
        listing = self.model_dump_json(exclude={"size", "cursor"})
        return hashlib.sha256(listing.encode()).hexdigest()[:16]

    def to_query(self) -> list[tuple[str, str]]:
        """Give the parameters as pairs for a URL, defaults and cursor left out."""
        pairs: list[tuple[str, str]] = []
        for name, value in self.model_dump(exclude_defaults=True, exclude={"cursor"}).items():
            pairs += [(name, _plain(v)) for v in (value if isinstance(value, tuple) else (value,))]
        return pairs


_LISTS = {name for name, field in SearchParameters.model_fields.items() if str(field.annotation).startswith("tuple")}


def read_parameters(arguments: MultiDict[str, str], *, strict: bool) -> SearchParameters:
    """Read a query string.

    Parameters
    ----------
    arguments : MultiDict
        The query string's values.
    strict : bool
        Whether a parameter that doesn't exist is an error (the API), or nobody's business (a page, whose links gather
        other people's tracking parameters).

    Raises
    ------
    ParameterError
        Names the parameter at fault and what it may be.
    """
    known = SearchParameters.model_fields
    data: dict[str, Any] = {}
    for name, values in arguments.lists():
        if name in known or strict:
            if len(values) > 1 and name not in _LISTS:
                raise ParameterError(name, "given more than once")
            data[name] = values if name in _LISTS else values[0]
    try:
        return SearchParameters.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "like"
        message = "there is no such parameter" if first["type"] == "extra_forbidden" else first["msg"]
        raise ParameterError(name, message.removeprefix("Value error, ")) from error


def _anchor(value: str) -> tuple[str, float]:
    match = _WEIGHTED.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is not a product id, or id^weight")
    try:
        weight = float(match["weight"] or 1)
    except ValueError as error:
        raise ValueError(f"the weight of {value!r} is not a number") from error
    if not 0 < weight <= 100:
        raise ValueError(f"the weight of {value!r} must be above 0, and at most 100")
    return match["id"], weight


def _weights(values: Iterable[str], layout: Layout) -> dict[str, float]:
    weights: dict[str, float] = {}
    for value in values:
        aspect, _, number = value.partition(":")
        if aspect not in layout.names:
            raise ValueError(f"there is no aspect {aspect!r}; the aspects are {', '.join(layout.names)}")
        try:
            weights[aspect] = float(number)
        except ValueError as error:
            raise ValueError(f"{value!r} is not aspect:number") from error
        if not (math.isfinite(weights[aspect]) and 0 <= weights[aspect] <= 100):
            raise ValueError(f"the weight of {aspect} must be from 0 to 100")
    if weights and not any((DEFAULT_WEIGHTS | weights).values()):
        raise ValueError("at least one aspect needs a weight above 0")
    return weights


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
