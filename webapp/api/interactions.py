"""What programs say of their shoppers' queries and of what followed them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexer.relevance.ubi import Action
from search.parameters import SearchParameters

# What the search team's reports call the events that they count.
RECORDED: Mapping[str, Action] = {"view": "click", "like": "like", "cart": "add_to_cart", "order": "purchase"}


class QueryParameters(SearchParameters):
    """The parameters of a search, and of which query it is a further page or a change."""

    query_id: Annotated[str, StringConstraints(max_length=100)] = ""
    """The `query_id` of the answer that this is a further page of, or the same words with other likes or filters: for
    programs that keep no cookie."""

    @property
    def search(self) -> SearchParameters:
        """The parameters of the search itself."""
        values = {name: getattr(self, name) for name in SearchParameters.model_fields}
        return SearchParameters.model_construct(self.model_fields_set - {"query_id"}, **values)


class BehaviourEvent(BaseModel):
    """Something a shopper did with a product."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["view", "cart", "order", "like", "dislike"]
    product_id: str = Field(min_length=1, max_length=512)
    ordered_with: list[Annotated[str, Field(min_length=1, max_length=512)]] = Field(
        [], max_length=49, description="The other products of an order; they count as ordered, too."
    )
    query_id: str = Field(
        "",
        max_length=100,
        description="The `query_id` of the search that showed the product; an unknown one is ignored.",
    )
    position: int = Field(0, ge=0, le=1_000_000, description="Where the search showed it, from 1 on the first page.")

    @model_validator(mode="after")
    def _only_orders_have_others(self) -> BehaviourEvent:
        if self.ordered_with and self.type != "order":
            raise ValueError("ordered_with: only an order has other products")
        return self
