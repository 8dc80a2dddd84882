"""The API's description (OpenAPI 3.1), and the form of what it takes and answers.

Requests are checked by the models that describe them; answers are described by the models here, and the tests hold the
two together.
"""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from flask_openapi3 import FileStorage, Info, OpenAPI, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from search.reading import parameter_error

SEARCH, EVENTS, HEALTH = Tag(name="Search"), Tag(name="Events"), Tag(name="Health")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    parameter: str | None = Field(None, description="The parameter at fault, where one is.")


class ProductPath(BaseModel):
    """Which product."""

    product_id: str = Field(min_length=1, max_length=512)


class Card(BaseModel):
    """A product of a listing."""

    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    brand: str | None
    category: list[str] | None
    price: float | None
    currency: str | None
    in_stock: bool | None
    image: str | None = Field(description="Address of its picture, within this shop.")
    similarity: float | None = Field(description="0 to 1; null where the listing is in another order.")
    match: int | None = Field(description="The calibrated match in percent; null where nothing calibrates it.")
    why: dict[str, Any] | None = Field(None, description="What adds to the similarity, where `explain` asks for it.")


class FacetCount(BaseModel):
    """One value of a facet, and how many matches have it."""

    value: str
    count: int


class NumberRange(BaseModel):
    """The least and the greatest number of an attribute."""

    min: float
    max: float


class FacetCounts(BaseModel):
    """What can narrow the listing. A facet that is filtered by ignores its own filter.

    A shop may declare more facets, of the same forms.
    """

    model_config = ConfigDict(extra="allow")

    category: list[FacetCount] = Field([], description="Paths.")
    brand: list[FacetCount] = []
    attributes: dict[str, list[FacetCount]] = {}
    in_stock: int = 0
    price: tuple[float, float] | None = Field(None, description="The least and the greatest.")
    ranges: dict[str, NumberRange] = Field(
        {}, description="Attributes that are numbers: `filter=screen_size_in:40..55` narrows them."
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
    """How much each aspect counted, where the order is by similarity."""
    weights_of: str | None = None
    """Whose weights those are: `request`, `default`, or a category's path."""


class ListingAnswer(BaseModel):
    """One page of products."""

    model_config = ConfigDict(extra="forbid")

    total: Total
    products: list[Card]
    facets: FacetCounts
    next_cursor: str | None = Field(description="Gives the page that follows; null on the last one.")
    plan: Served
    warnings: list[str]
    photo: str | None = Field(None, description="Of a photograph: `photo=` of a search, for some time.")


class ProductAnswer(BaseModel):
    """A product, with the fields of the catalogue and how its vector came to be."""

    model_config = ConfigDict(extra="allow")

    id: str
    title: str
    image: str | None


class BehaviourEvent(BaseModel):
    """Something a shopper did with a product."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["view", "cart", "order", "like", "dislike"]
    product_id: str = Field(min_length=1, max_length=512)


class PhotoForm(BaseModel):
    """A shopper's photograph."""

    model_config = ConfigDict(extra="forbid")

    image: FileStorage = Field(description="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF, at most 20 MiB.")
    box: str = Field(
        "",
        max_length=100,
        description="The part that counts: `x,y,w,h` as fractions of the upright image, such as `0.25,0,0.5,1`.",
    )


class EventsAnswer(BaseModel):
    """What became of catalogue events."""

    accepted: int
    errors: list[dict[str, Any]] = Field(description="Each event that can't be used: its index, and why.")


class HealthAnswer(BaseModel):
    """Whether the servers behind the shop answer."""

    elasticsearch: str
    redis: str


def problems(*statuses: int) -> ResponseDict:
    """Describe the errors a route answers with besides 400, 429 and 503, which all may."""
    named = {
        400: "A parameter is wrong.",
        401: "The signature is missing or wrong.",
        403: "Another site's page asks.",
        404: "There is no such product.",
        413: "The body is too large.",
        415: "The body is not of the type that is taken.",
        429: "Too many requests; Retry-After says when to go on.",
        503: "A server is away; Retry-After says when to try again.",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": named[status], "content": {"application/problem+json": {"schema": schema}}}
        for status in {400, 429, 503, *statuses}
    }


def described_app(name: str) -> OpenAPI:
    """Make an application that describes what is registered with `register_api`."""
    return OpenAPI(
        name,
        info=Info(title="Lookalike", version="1", description="Visual product search inside Elasticsearch."),
        security_schemes={
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "webhook-signature",
                "description": "Beside webhook-id and webhook-timestamp, as Standard Webhooks describes.",
            }
        },
        doc_ui=False,
        validation_error_status=400,
        validation_error_model=Problem,
        validation_error_callback=_refuse,
    )


def _refuse(error: ValidationError) -> NoReturn:
    raise parameter_error(error)
