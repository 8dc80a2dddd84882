"""What every answer shows of a product."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ProductCard(BaseModel):
    """A product, as listings and recommendations show it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    brand: str | None
    category: list[str] | None
    price: float | None
    currency: str | None
    in_stock: bool | None
    image: str | None = Field(description="Address of its picture on this site.")
