"""The parameters of a search request, validated before anything is sent to Elasticsearch."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from es_mappings.anchors import MAX_ANCHORS, Mode
from es_mappings.facets import Filters, Refinement
from es_mappings.queries import Images
from es_mappings.strategies import Metric
from search.syntax import MAX_WORDS_LENGTH, PHOTO, But, plain, read_anchor, read_text, read_weights, write_anchor

Sort = Literal["relevance", "price", "-price", "newest", "similar"]
Price = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Short = Annotated[str, StringConstraints(max_length=600)]

CONFIGURED = ("mode", "strategy", "relevance")
"""Parameters that the live configuration decides where a request leaves them open; see `search.configuring`."""


class SearchParameters(BaseModel):
    """The parameters of a listing as they stand in a URL; `search.resolving` turns them into a search."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WORDS_LENGTH)] = ""
    """Keywords, all of which must match; if nothing does, the shop's spelling of them, or most of them. Plain words: no
    character has a special meaning. A product's id and style id count, too."""
    verbatim: bool = False
    """Whether keywords that find nothing are left as they are, instead of respelled or searched for in part."""
    category: Short = ""
    """A category's path: `Dresses/Midi dresses`."""
    filter: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    """`name:value`; values of one name are alternatives. `brand:Marlowe` filters by brand, other names by attributes;
    `attribute.brand:x` always by an attribute. Numbers take ranges: `screen_size_in:40..55`, `40..` or `..55`."""
    price_min: Price | None = None
    """Lowest price."""
    price_max: Price | None = None
    """Highest price."""
    in_stock: bool | None = None
    """Whether products must, or must not, be in stock."""
    sort: Sort | None = None
    """The order; by default `similar` if there is an anchor, else `relevance`."""
    like: Annotated[tuple[Short, ...], Field(max_length=MAX_ANCHORS)] = ()
    """A product id, or `id^weight`: sorts by similarity to that product. An id that contains ^ goes
    in double quotes."""
    dislike: Annotated[tuple[Short, ...], Field(max_length=MAX_ANCHORS)] = ()
    """A product id: products similar to it are ranked lower."""
    inspired: Annotated[tuple[Short, ...], Field(max_length=MAX_ANCHORS)] = ()
    """As `like`, for an anchor that comes from browsing."""
    photo: Annotated[str, StringConstraints(pattern=PHOTO)] = ""
    """A photograph to sort by: the `photo` in the answer of similar-to-image, optionally with `^weight`."""
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WORDS_LENGTH + 20)] = ""
    """Words to sort by: products whose pictures look like `long striped summer dress`. Added to likes and a photograph,
    they say what should be different: `longer`, `in denim`. Optionally with `^weight`; words that end in ^ and a number
    go in double quotes."""
    but: Annotated[tuple[But, ...], Field(max_length=4)] = ()
    """Similar to the likes, but `cheaper`, `in_stock`, of an `other_brand`, or with another value of an attribute, all
    else alike: `sleeve:long`. Only products with that value are listed. A color that no product is labelled with is
    compared by the pictures: `color:#b3202f`. `in_color:red` is `color:red`, refused if there is no such color."""
    mode: Mode = "auto"
    """How several likes combine: `blend` averages them, `every` compares with the least similar one, `any` with the
    most similar one, `auto` blends those that agree and keeps different tastes apart. In `any` and `auto` each like has
    its share of the page, by its weight; with `min_match`, what is most similar comes first."""
    weight: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    """`aspect:number`: how much an aspect counts."""
    metric: Metric = "cosine"
    """How two vectors are compared."""
    images: Images = "primary"
    """Whether a product is compared by its first image or by its most similar one."""
    relevance: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    """Weight of keyword relevance in the order by similarity, from 0 to 1. With the words of `q` as `text`, too,
    relevance and meaning share the order."""
    strategy: Literal["auto", "exact", "rescore"] = "auto"
    """How the order by similarity is computed; `rescore` ranks by relevance and re-ranks the first hits."""
    explain: bool = False
    """Whether to explain each product's similarity."""
    group: bool = False
    """Whether to show variants of one style as one product."""
    min_match: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    """Lowest match, in percent, of the products shown."""
    diversity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    """How much the first pages avoid products that look alike."""
    size: Annotated[int, Field(ge=1, le=100)] = 24
    """Products per page."""
    cursor: Annotated[str, StringConstraints(max_length=6_000)] = ""
    """The `next_cursor` of the previous page."""

    @classmethod
    @cache
    def _schema(cls, **options: Any) -> dict[str, Any]:
        return super().model_json_schema(**options)

    @classmethod
    def model_json_schema(cls, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the schema, cached: flask-openapi3 reads it with every request, and building it takes 2 ms."""
        return cls._schema(**options)

    @field_validator("price_min", "price_max", "in_stock", "sort", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == "" else value  # an empty field of a form

    @field_validator("filter")
    @classmethod
    def _filters_are_refinements(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Refinement.parse(value)) for value in values)

    @field_validator("like", "inspired")
    @classmethod
    def _likes_have_weights_above_zero(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            read_anchor(value)
        return values

    @field_validator("dislike")
    @classmethod
    def _dislikes_are_ids(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(values):
            raise ValueError("'' is not a product id")
        return values

    @field_validator("photo")
    @classmethod
    def _photo_has_weight_above_zero(cls, value: str) -> str:
        if value:
            read_anchor(value)
        return value

    @field_validator("text")
    @classmethod
    def _text_has_weight_above_zero(cls, value: str) -> str:
        if value:
            read_text(value)
        return value

    @field_validator("weight")
    @classmethod
    def _weights_count(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        read_weights(values)
        return values

    @model_validator(mode="after")
    def _go_together(self) -> SearchParameters:
        anchors = len(self.like) + len(self.dislike) + len(self.inspired) + bool(self.photo) + bool(self.text)
        if anchors > MAX_ANCHORS:
            raise ValueError(f"like, dislike, inspired, photo and text are more than {MAX_ANCHORS} anchors")
        if self.images == "any" and (self.strategy == "rescore" or self.metric != "cosine"):
            raise ValueError("images=any goes with metric=cosine, and not with strategy=rescore")
        if self.group and self.strategy == "rescore":
            raise ValueError("group can't be combined with strategy=rescore")
        if self.min_match and self.text and not (self.like or self.inspired or self.photo):
            raise ValueError("min_match goes with a like or a photograph: how well words match isn't calibrated")
        if self.min_match and (self.strategy == "rescore" or self.relevance or self.metric != "cosine"):
            raise ValueError(
                "min_match goes with the order by similarity alone: without relevance, metric and strategy"
            )
        return self

    @property
    def order(self) -> Sort:
        """The requested sort; by default `similar` if there is an anchor, else `relevance`."""
        return self.sort or ("similar" if self.has_anchors else "relevance")

    @property
    def likes(self) -> dict[str, float]:
        """Liked ids and their weights, in the given order; the last mention of an id counts."""
        return dict(read_anchor(value) for value in self.like)

    @property
    def photo_anchor(self) -> tuple[str, float]:
        """The photograph's token, empty where there is none, and its weight."""
        return read_anchor(self.photo) if self.photo else ("", 1.0)

    @property
    def text_anchor(self) -> tuple[str, float]:
        """The words to sort by, empty where there are none, and their weight."""
        return read_text(self.text) if self.text else ("", 1.0)

    @property
    def anchors(self) -> dict[str, float]:
        """Ids with their weights: from browsing, disliked (with -1) and liked. The last of these wins."""
        return {**self.inspirations, **dict.fromkeys(self.dislike, -1.0), **self.likes}

    @property
    def has_anchors(self) -> bool:
        """Whether there is anything to sort by."""
        return bool(self.like or self.inspired or self.photo or self.text)

    @property
    def inspirations(self) -> dict[str, float]:
        """Ids of anchors that come from browsing, with their weights."""
        return dict(read_anchor(value) for value in self.inspired)

    @property
    def needs_vectors(self) -> bool:
        """Whether similarities have to be computed from the vectors, because the score does not contain them."""
        return self.explain or self.relevance > 0 or self.diversity > 0 or self.strategy == "rescore"

    @property
    def refinements(self) -> list[Refinement]:
        """The values of ``filter``, parsed."""
        return [Refinement.parse(value) for value in self.filter]

    @property
    def filters(self) -> Filters:
        """The filters of the listing."""
        return Filters.refined(
            self.refinements,
            category=self.category or None,
            price_min=self.price_min,
            price_max=self.price_max,
            in_stock=self.in_stock,
        )

    @property
    def fingerprint(self) -> str:
        """Digest of the listing, the same for all pages; a cursor of another listing is refused."""
        listing = self.model_dump_json(exclude={"size", "cursor"})
        return hashlib.sha256(f"{listing}{','.join(self.chosen)}".encode()).hexdigest()[:16]

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of what the request itself says of `CONFIGURED`, even if it says the default."""
        return tuple(name for name in CONFIGURED if name in self.model_fields_set)

    def like_this(self, product_id: str) -> SearchParameters:
        """Return these parameters with one more like, sorted by similarity."""
        like = write_anchor(product_id)
        others = (other for other in self.like if other != like)
        return self.model_copy(update={"like": (like, *others), "sort": self.sort or "similar"})

    def to_query(self) -> list[tuple[str, str]]:
        """Return the parameters as pairs for a URL, without cursor, and without defaults that were not `chosen`."""
        said, pairs = self.model_dump(exclude_defaults=True, exclude={"cursor"}), list[tuple[str, str]]()
        for name, value in (said | {name: getattr(self, name) for name in self.chosen}).items():
            pairs += [(name, plain(v)) for v in (value if isinstance(value, tuple) else (value,))]
        return pairs
