"""The catalogue's products, parsed and validated."""

from __future__ import annotations

import time
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from es_mappings.attributes import attribute_pairs
from es_mappings.facets import attribute_numbers
from indexer.catalog.fields import EMBEDDED, Stored, category_paths, stored_fields
from indexer.errors import CatalogError

MAX_DEPTH = 20  # of unknown fields, because readers fail on deeper nesting

MAX_ID_BYTES = 512  # that Elasticsearch takes; a longer id would have it refuse the whole request


def _fits_an_id(product_id: str) -> str:
    if len(product_id.encode(errors="surrogatepass")) > MAX_ID_BYTES:
        raise ValueError(f"longer than {MAX_ID_BYTES} bytes in UTF-8")
    return product_id


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ProductId = Annotated[str, StringConstraints(pattern=r"^[^\s/?#\x00-\x1f]{1,200}$"), AfterValidator(_fits_an_id)]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[^:.\s\x00-\x1f]{1,64}$")]
AttributeText = Annotated[str, StringConstraints(max_length=500)]
AttributeValue = bool | int | float | AttributeText | list[AttributeText]
ImageAddress = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
# Elasticsearch's long goes up to 2^63, but many JSON readers are exact only up to 2^53.
Version = Annotated[int, Field(ge=0, le=2**53)]


def now_ms() -> int:
    """Return the version of a product that has none: the time in milliseconds."""
    return time.time_ns() // 1_000_000


_CATEGORY = Stored(
    {"category": lambda product: product.category, "category_path": lambda product: category_paths(product.category)},
    embedded=True,
)
_ATTRIBUTES = Stored(
    {
        "attributes": lambda product: product.attributes,
        "facets": lambda product: attribute_pairs(product.attributes),
        "numbers": lambda product: attribute_numbers(product.attributes),
    },
    embedded=True,
)
_STYLE = Stored({"style": lambda product: product.style_id or product.id})


def _is_deeper(value: object, levels: int) -> bool:
    """Return whether lists and objects are nested deeper than so many levels."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return within is not None and (levels == 0 or any(_is_deeper(item, levels - 1) for item in within))


class Product(BaseModel):
    """A product as the catalogue describes it. Unknown fields are stored, not indexed.

    Each field is declared once: its type, and by `Stored` the document fields made from it. `FIELDS`, the documents,
    the scripts and the fields that an event may set follow. `source` has a part for each embedded field, in this order:
    new ones go below.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, coerce_numbers_to_str=False)

    id: ProductId
    images: Annotated[list[ImageAddress], Field(max_length=50), EMBEDDED] = []
    title: Annotated[Title, EMBEDDED]
    description: Annotated[Text, EMBEDDED] = ""
    category: Annotated[list[Name], Field(max_length=10), _CATEGORY] = []
    brand: Annotated[Name | None, EMBEDDED] = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=200), _ATTRIBUTES] = {}
    style_id: Annotated[Name | None, _STYLE] = None
    price: Annotated[float, Field(ge=0, le=1e12)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    in_stock: bool = True
    version: Version = Field(default_factory=now_ms)

    @field_validator("category", mode="before")
    @classmethod
    def _one_category(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _extra_can_be_stored(self) -> Self:
        for name, value in self.extra.items():
            if _is_deeper(value, MAX_DEPTH):
                raise ValueError(f"{name}: nested more than {MAX_DEPTH} levels deep")
        return self

    @property
    def extra(self) -> dict[str, Any]:
        """The catalogue's fields that aren't declared here."""
        return dict(self.model_extra or {})


FIELDS = stored_fields(Product)
EMBEDDED_FIELDS = tuple(name for name, stored in FIELDS.items() if stored.embedded)


def parse_product(data: object) -> Product:
    """Validate one product.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    try:
        return Product.model_validate(data)
    except ValidationError as error:
        raise CatalogError(faults(error)) from error


def faults(error: ValidationError) -> str:
    """Return the errors in one line: the path of each field, and what is wrong with it."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'product'}: {e['msg'][:200]}"
        for e in error.errors(include_url=False)[:5]
    )
