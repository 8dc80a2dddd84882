"""The models of the API's requests and answers. They validate the requests; tests check the answers against them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi3 import FileStorage
from pydantic import BaseModel, ConfigDict, Field

from webapp.api.cards import ProductCard


class ProductPath(BaseModel):
    """The path of a product."""

    product_id: str = Field(min_length=1, max_length=512)


StaleSeconds = Annotated[
    int | None,
    Field(
        description="How old the answer is, in seconds, because Elasticsearch doesn't answer now; null if it is "
        "current. The header `Age` says the same."
    ),
]


class Card(ProductCard):
    """A product of a listing."""

    similarity: float | None = Field(description="0 to 1; null unless the listing is sorted by similarity.")
    match: int | None = Field(description="The calibrated match in percent; null without a calibration.")
    why: dict[str, Any] | None = Field(None, description="What the similarity comes from, if `explain` is set.")
    rules: list[str] | None = Field(None, description="Names of the rules that moved it, if `explain` is set.")


class FacetCount(BaseModel):
    """One value of a facet, and how many matches have it."""

    value: str
    count: int


class NumberRange(BaseModel):
    """The lowest and the highest value of a numeric attribute."""

    min: float
    max: float


class FacetCounts(BaseModel):
    """Facets of the listing, each counted without its own filter.

    A shop may declare more facets, in the same forms.
    """

    model_config = ConfigDict(extra="allow")

    category: list[FacetCount] = Field([], description="Paths.")
    brand: list[FacetCount] = []
    currency: list[FacetCount] = []
    attributes: dict[str, list[FacetCount]] = {}
    in_stock: int = 0
    price: tuple[float, float] | None = Field(None, description="The lowest and the highest.")
    ranges: dict[str, NumberRange] = Field(
        {}, description="Numeric attributes, to filter by ranges such as `filter=screen_size_in:40..55`."
    )


class Total(BaseModel):
    """How many products match."""

    value: int
    relation: Literal["eq"]


class Served(BaseModel):
    """How the listing was served."""

    strategy: Literal["keywords", "exact", "knn", "rescore"]
    reason: str
    matched: int
    took_ms: int
    weights: dict[str, float] | None = None
    """How much each aspect counted, if sorted by similarity: on average, where likes differ in it."""
    weights_of: str | None = None
    """Where the weights come from: `request`, `text` (words alone), `default`, or the paths of the categories that have
    them."""


class SearchedKeywords(BaseModel):
    """What was searched for, if nothing has the words of the request as they are."""

    text: str = Field(description="The words of the request, or the shop's spelling of them.")
    partial: bool = Field(description="Whether the products have only some of these words.")


def _link(path: str, parameter: str, value: str) -> dict[str, Any]:
    """Build a link: a field of an answer is a parameter of another operation."""
    reference = f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/get"
    return {"operationRef": reference, "parameters": {parameter: f"$response.body#/{value}"}}


_LINKS = {
    "product": _link("/api/products/{product_id}", "product_id", "products/0/id"),
    "similar": _link("/api/products/{product_id}/similar", "product_id", "products/0/id"),
    "liked": _link("/api/search", "like", "products/0/id"),
    "next": _link("/api/search", "cursor", "next_cursor"),
    "photo": _link("/api/search", "photo", "photo"),
}


class Rules(BaseModel):
    """What the search team's rules do to a listing."""

    model_config = ConfigDict(extra="forbid")

    applied: list[str] = Field(description="Names of the rules that apply.")
    banners: list[str] = Field(description="Texts to be shown above the listing.")
    redirect: str | None = Field(description="The page to show instead, if there is one.")


class PhotoPart(BaseModel):
    """A photograph, or a part of it."""

    photo: str = Field(description="Its token.")
    box: tuple[float, float, float, float] | None = Field(
        description="Left, top, width and height as fractions of the upright photograph; null for all of it."
    )


class ListingAnswer(BaseModel):
    """One page of products."""

    model_config = ConfigDict(extra="forbid", openapi_extra={"links": _LINKS})  # type: ignore[typeddict-unknown-key]

    total: Total
    products: list[Card]
    facets: FacetCounts
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last one.")
    keywords: SearchedKeywords
    instead: Literal["meaning", "keywords"] | None = Field(
        description="What was searched for instead: `meaning`, the products nearest in meaning to keywords that find "
        "nothing; `keywords`, the words of `text`, because no worker embeds them right now."
    )
    plan: Served
    rules: Rules
    warnings: list[str]
    stale_seconds: StaleSeconds
    query_id: str | None = Field(
        None,
        description="What the search team's reports know this query by: for `query_id` of further pages, and of events "
        "sent to /api/behaviour. Null where nothing is recorded, and in answers of other operations.",
    )
    photo: str | None = Field(
        None, description="Token of the photograph, to be used as `photo` in searches for a while."
    )
    parts: list[PhotoPart] | None = Field(
        None, description="The photograph, then what it shows, the clearest first; each can be searched with."
    )


class SuggestParameters(BaseModel):
    """What a shopper has typed so far."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        "", max_length=200, description="Suggestions begin at two characters; the last word may be unfinished."
    )


class Suggested(BaseModel):
    """One suggestion."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["search", "category", "brand", "attribute", "product"]
    text: str = Field(description="Keywords, a category's path, a brand, an attribute's value, or a product's title.")
    url: str = Field(description="The page it leads to, on this site.")
    count: int | None = Field(description="Products that it leads to; null if unknown.")
    id: str | None = Field(None, description="The product's id.")
    price: float | None = None
    currency: str | None = None
    image: str | None = None


class SuggestAnswer(BaseModel):
    """Suggestions, by kind, the best of each first."""

    suggestions: list[Suggested]


class ProductAnswer(BaseModel):
    """A product, with what shoppers may know of it. No other field of its document leaves the shop by the API."""

    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    description: str = ""
    brand: str | None = None
    category: list[str] = Field([], description="Names, broad to narrow.")
    category_path: list[str] = Field([], description="Values of the parameter `category`.")
    price: float | None = None
    currency: str | None = None
    in_stock: bool | None = None
    attributes: dict[str, Any] = {}
    style: str | None = Field(None, description="What its variants share.")
    image: str | None = Field(description="Address of its picture on this site.")
    pictures: list[str] = Field(description="Addresses of all its pictures on this site.")
    stale_seconds: StaleSeconds


class PhotoForm(BaseModel):
    """A shopper's photograph."""

    model_config = ConfigDict(extra="forbid")

    image: FileStorage = Field(description="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF, at most 20 MiB.")
    box: str = Field(
        "",
        max_length=100,
        description="The part to search with: `x,y,w,h` as fractions of the upright image, such as `0.25,0,0.5,1`.",
    )


class EventsAnswer(BaseModel):
    """The outcome of a request with catalogue events."""

    accepted: int
    errors: list[dict[str, Any]] = Field(description="Each invalid event: its index, and the reason.")


class HealthAnswer(BaseModel):
    """Whether the servers behind the shop answer."""

    elasticsearch: str
    redis: str
