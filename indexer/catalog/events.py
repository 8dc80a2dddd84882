"""Catalogue events: a product is written as a whole (upsert), changed in some fields (update), or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from indexer.catalog.products import FIELDS, Product, ProductId, Version, faults, now_ms, parse_product
from indexer.errors import CatalogError


class Upsert(BaseModel):
    """A product is new or has changed; the event holds all of its fields."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["upsert"]
    product: Product

    @property
    def id(self) -> str:
        """The product's id."""
        return self.product.id

    @property
    def version(self) -> int:
        """The product's version."""
        return self.product.version


class Update(BaseModel):
    """Some fields of a product have changed; each is replaced as a whole, the others stay."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["update"]
    id: ProductId
    version: Version
    fields: Annotated[dict[str, Any], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_fields_of_a_product(self) -> Self:
        if wrong := sorted(set(self.fields) - set(FIELDS)):
            raise ValueError(f"{wrong[0]!r} is no field that an update can set; those are {', '.join(sorted(FIELDS))}")
        try:
            valid = self._with(self.fields)
        except ValidationError as error:
            raise ValueError(faults(error)) from error
        self.fields = valid.model_dump(mode="json", include=set(self.fields))
        return self

    def _with(self, fields: Mapping[str, Any]) -> Product:
        return Product.model_validate({"title": "-", **fields, "id": self.id, "version": self.version})

    @property
    def product(self) -> Product:
        """A product with the fields that are set; the others are empty."""
        return self._with(self.fields)


class Delete(BaseModel):
    """A product was deleted."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["delete"]
    id: ProductId
    version: Version


Event = Upsert | Update | Delete
_event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def parse_event(data: object, *, version: int | None = None) -> Event:
    """Validate one catalogue event.

    Parameters
    ----------
    data : object
        ``{"type": "upsert", "product": {...}}``, ``{"type": "update", "id", "version", "fields": {...}}`` or
        ``{"type": "delete", "id", "version"}``.
    version : int, optional
        The version of an event that names none; by default the time in milliseconds.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    try:
        return _event.validate_python(_with_version(data, now_ms() if version is None else version))
    except ValidationError as error:
        raise CatalogError(faults(error)) from error


def parse_line(data: object) -> Event:
    """Validate a line of a file: an event, or a product, which becomes an upsert.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    is_event = isinstance(data, dict) and data.get("type") in {"upsert", "update", "delete"} and "title" not in data
    return parse_event(data) if is_event else Upsert(type="upsert", product=parse_product(data))


def _with_version(data: object, version: int) -> object:
    if not isinstance(data, dict):
        return data
    if data.get("type") == "upsert":
        product = data.get("product")
        return {**data, "product": {"version": version, **product}} if isinstance(product, dict) else data
    return {"version": version, **data}
