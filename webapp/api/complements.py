"""The models of what goes with products."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from webapp.api.cards import ProductCard


class GoesWithParameters(BaseModel):
    """The products that others shall go with."""

    model_config = ConfigDict(extra="forbid")

    product_id: list[Annotated[str, Field(min_length=1, max_length=512)]] = Field(
        min_length=1, max_length=50, description="A product, or each of those in a bag."
    )


class Complement(ProductCard):
    """A product that goes with another one."""

    goes_with: str = Field(description="Id of the product that it goes with, or is similar to.")
    together: int | None = Field(description="Orders that had both, or both categories; null if it is only similar.")
    categories: list[str] | None = Field(
        description="The two categories' paths, where products of these were ordered together; null where the two "
        "products were."
    )
    reason: str = Field(description="The same for people.")


class GoesWithAnswer(BaseModel):
    """What goes with some products."""

    basis: Literal["orders", "similar"] | None = Field(
        description="`orders`: what was ordered together. `similar`: nothing is known of orders, so these are merely "
        "similar. Null if there is neither."
    )
    products: list[Complement]
