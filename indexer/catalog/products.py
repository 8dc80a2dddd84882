"""The catalogue's products, parsed and validated."""

from __future__ import annotations

import time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from indexer.errors import CatalogError

Text = Annotated[str, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ProductId = Annotated[str, StringConstraints(pattern=r"^[^\s/?#\x00-\x1f]{1,200}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[^:.\s\x00-\x1f]{1,64}$")]
AttributeText = Annotated[str, StringConstraints(max_length=500)]
AttributeValue = bool | int | float | AttributeText | list[AttributeText]
# Room for 2^63 of Elasticsearch's long; JSON readers elsewhere are exact up to 2^53.
Version = Annotated[int, Field(ge=0, le=2**53)]


def now_ms() -> int:
    """Return the version of what names none: the time in milliseconds."""
    return time.time_ns() // 1_000_000


class Product(BaseModel):
    """A product as the catalogue describes it. Fields that are not known here are kept, not indexed."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, coerce_numbers_to_str=False)

    id: ProductId
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
    description: Text = ""
    category: Annotated[list[Name], Field(max_length=10)] = []
    brand: Name | None = None
    style_id: Name | None = None
    price: Annotated[float, Field(ge=0, le=1e12)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    in_stock: bool = True
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=200)] = {}
    images: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=2_000)]], Field(max_length=50)
    ] = []
    version: Version = Field(default_factory=now_ms)

    @field_validator("category", mode="before")
    @classmethod
    def _one_category(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @property
    def extra(self) -> dict[str, Any]:
        """The fields that the catalogue has and this project doesn't know."""
        return dict(self.model_extra or {})


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
    """Return what is wrong in one line: the path of each field and why."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'product'}: {e['msg'][:200]}"
        for e in error.errors(include_url=False)[:5]
    )
