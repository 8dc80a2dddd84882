"""Experiments: two configurations that shoppers decide between, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from es_mappings.configuration import Configuration, Name

Kind = Literal["ab", "interleaving"]
Side = Literal["control", "treatment", "interleaved"]
Team = Literal["a", "b"]
"""Of an interleaved page: whose pick a product is, the control's or the treatment's."""

# What two configurations must have in common to find the same products, so that their orders can share a page.
_FINDS = ("rules", "synonyms")

METRICS: Mapping[str, str] = {
    "clicks": "with a click",
    "likes": "with a like",
    "carts": "with a product put into the bag",
    "orders": "with an order",
    "zero": "with a search that found nothing",
}
"""Metric to what visits are counted for it."""
Metric = Literal["clicks", "likes", "carts", "orders"]


class Experiment(BaseModel):
    """Two configurations, as they were when it was started, and how shoppers decide between them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    version: Literal[1] = 1
    """Of the format."""
    name: Name
    """Small letters, digits and hyphens."""
    kind: Kind = "ab"
    """`ab`: half of the visits get the treatment. `interleaving`: every visit gets pages made of both orders."""
    control: Configuration
    """What is compared with, usually what is live."""
    treatment: Configuration
    """What is tried."""
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    """Of all visits: those that take part. The others get what is live."""
    metric: Metric = "clicks"
    """What the treatment has to make better."""
    minimum_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Before it is called better: whole weeks have all weekdays."""
    minimum_visits: Annotated[int, Field(ge=100, le=10_000_000)] = 500
    """Of each side, before anything is decided; of an interleaving, of all."""

    @model_validator(mode="after")
    def _differ(self) -> Experiment:
        if _without_name(self.control) == _without_name(self.treatment):
            raise ValueError("control and treatment are the same; there is nothing to decide")
        if self.control.index or self.treatment.index:
            raise ValueError("a configuration that names an index can be compared, but not tried on shoppers")
        if self.kind == "interleaving" and (names := differences_in_finding(self.control, self.treatment)):
            fields = ", ".join(names)
            raise ValueError(
                f"interleaving compares orders of the same products; these differ in {fields}: use kind ab"
            )
        return self

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that visits are assigned to."""
        return ("interleaved",) if self.kind == "interleaving" else ("control", "treatment")

    def configuration(self, side: Side) -> Configuration:
        """Return what a side is searched by; of an interleaved page, its control."""
        return self.treatment if side == "treatment" else self.control


def differences_in_finding(one: Configuration, other: Configuration) -> list[str]:
    """Return the fields by which two configurations find different products, not only another order of them."""
    names = [name for name in _FINDS if getattr(one, name) != getattr(other, name)]
    fields = [set(c.keyword_boosts) for c in (one, other)]
    return names + (["keyword_boosts (other fields)"] if fields[0] != fields[1] else [])


def _without_name(configuration: Configuration) -> Configuration:
    return configuration.model_copy(update={"name": "any"})
