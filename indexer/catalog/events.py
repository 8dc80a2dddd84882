"""Catalogue events: a product is written as a whole (upsert), changed in some fields (update), or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from indexer.catalog.currencies import NO_RATES, OFFER, Rates
from indexer.catalog.products import (
    FIELDS,
    Product,
    ProductId,
    Version,
    as_read,
    faults,
    invalid,
    now_ms,
    parse_product,
)
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.fields import read_fields, read_id
from indexer.catalog.values.images import is_relative
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
_TYPES = ("upsert", "update", "delete")
_event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def parse_event(
    data: object,
    *,
    version: int | None = None,
    changes: Changes | None = None,
    folder: Path | None = None,
    rates: Rates = NO_RATES,
) -> Event:
    """Read one catalogue event, with its values as people write them, and validate it.

    Parameters
    ----------
    data : object
        ``{"type": "upsert", "product": {...}}``, ``{"type": "update", "id", "version", "fields": {...}}`` or
        ``{"type": "delete", "id", "version"}``.
    version : int, optional
        The version of an event that names none; by default the time in milliseconds.
    changes, folder, rates : Changes, Path and Rates, optional
        As in `parse_product`.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    notes = Changes() if changes is None else changes
    return parse_stored_event(
        _with_version(_as_read(data, notes, folder, rates), now_ms() if version is None else version)
    )


def check_images(event: Event) -> None:
    """Refuse a relative path of an image, of which an event that was sent has no file to be relative to.

    Raises
    ------
    CatalogError
        Names the path.
    """
    images = () if isinstance(event, Delete) else event.product.images
    if relative := next(filter(is_relative, images), None):
        raise CatalogError(
            f"images: {relative[:200]!r} is a relative path; send whole addresses (https://...), or have image_base of "
            "CATALOG_MAPPING complete them"
        )


def parse_stored_event(data: object) -> Event:
    """Validate an event that was read before, as a queue holds it.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    try:
        return _event.validate_python(data)
    except ValidationError as error:
        raise invalid(error) from error


def parse_line(
    data: object, folder: Path | None = None, *, changes: Changes | None = None, rates: Rates = NO_RATES
) -> Event:
    """Read and validate a line of a file: an event, or a product, which becomes an upsert.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    is_event = isinstance(data, dict) and data.get("type") in _TYPES and "title" not in data
    if is_event:
        return parse_event(data, changes=changes, folder=folder, rates=rates)
    return Upsert(type="upsert", product=parse_product(data, folder, changes=changes, rates=rates))


def _as_read(data: object, changes: Changes, folder: Path | None, rates: Rates) -> object:
    """Return an event with its values read; fields that an update empties are set to what a product has by default."""
    if not isinstance(data, dict):
        return data
    read = {name: value for name, value in data.items() if name != "version" or value is not None}
    if "id" in read:
        read["id"] = read_id(read["id"], changes)
    if "product" in read:
        read["product"] = as_read(read["product"], changes, folder, rates)
    if isinstance(fields := read.get("fields"), dict):
        emptied = {name: _default(name) for name in fields if name in FIELDS}
        read["fields"] = {**emptied, **read_fields(fields, changes, folder, rates)}
        if OFFER not in fields:  # no field that an update can set
            read["fields"].pop(OFFER, None)
    return read


def _default(field: str) -> Any:
    return None if (info := Product.model_fields[field]).is_required() else info.get_default(call_default_factory=True)


def _with_version(data: object, version: int) -> object:
    if not isinstance(data, dict):
        return data
    if data.get("type") == "upsert":
        product = data.get("product")
        return {**data, "product": {"version": version, **product}} if isinstance(product, dict) else data
    return {"version": version, **data}
