"""A mapping file: what the columns of a shop's own export mean, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from indexer.catalog.feeds import formats
from indexer.catalog.feeds.own import LISTS
from indexer.catalog.feeds.rows import Row, Rows, each, filled, split
from indexer.catalog.products import Product
from indexer.catalog.values.attributes import ATTRIBUTE
from indexer.catalog.values.images import split_images
from indexer.errors import CatalogError

_EVENTS = {"upsert": "product", "update": "fields", "delete": "id"}  # by type, the key that tells it from a product
_FIELDS = [name for name in Product.model_fields if name != "attributes"]

Constant = str | int | float | bool | list[str]


def _check_field(field: str) -> None:
    if field in _FIELDS or (field.startswith(ATTRIBUTE) and len(field) > len(ATTRIBUTE)):
        return
    close = get_close_matches(field, _FIELDS, 1)
    hint = f"did you mean {close[0]}?" if close else f"use {ATTRIBUTE}NAME for an attribute, or {', '.join(_FIELDS)}"
    raise ValueError(f"{field!r} is no field; {hint}")


class Mapping(BaseModel):
    """What the columns of a file mean; docs/catalogue.md explains each key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str = ""
    encoding: str = ""
    delimiter: str = Field("", max_length=1)
    language: str = ""
    image_base: str = ""
    unmapped: Literal["ignore", "keep", "attributes"] = "ignore"
    columns: dict[str, str | list[str]] = {}
    separators: dict[str, str] = {}
    constants: dict[str, Constant] = {}
    values: dict[str, dict[str, Constant]] = {}
    _path: Path = PrivateAttr(Path("a proposed mapping"))

    @property
    def path(self) -> Path:
        """Where it was read from."""
        return self._path

    @field_validator("format")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name and name not in formats.NAMES:
            raise ValueError(f"none of {', '.join(formats.NAMES)}")
        return name

    @field_validator("columns")
    @classmethod
    def _lead_to_fields(cls, columns: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        for fields in columns.values():
            for field in _fields(fields):
                _check_field(field)
        return columns

    @field_validator("separators", "constants", "values")
    @classmethod
    def _are_of_fields(cls, tables: dict[str, Any]) -> dict[str, Any]:
        for field in tables:
            _check_field(field)
        return tables

    @field_validator("separators")
    @classmethod
    def _are_of_lists(cls, separators: dict[str, str]) -> dict[str, str]:
        for field, separator in separators.items():
            if field not in LISTS and not field.startswith(ATTRIBUTE):
                raise ValueError(f"{field} is no list; leave it out")
            if not separator:
                raise ValueError(f"{field}: empty; write what separates its items")
        return separators

    @model_validator(mode="after")
    def _names_what_a_product_needs(self) -> Mapping:
        mapped = {field for fields in self.columns.values() for field in _fields(fields)}
        if self.format and self.columns:
            raise ValueError(f"columns: {self.format} knows its columns; leave out either columns or format")
        if not self.format and (missing := [f for f in ("id", "title") if f not in mapped and f not in self.constants]):
            raise ValueError(f"columns: none leads to {missing[0]}, which a product needs")
        return self

    def products(self, rows: Rows) -> Rows:
        """Turn rows of a file, or products of its format, into products with the fields of our catalogue."""
        return each(rows, self.event_or_product)

    def event_or_product(self, row: Any) -> Any:
        """Return a row as a product, or an event with the fields of its product."""
        if not isinstance(row, dict):
            return row
        holder = _EVENTS.get(str(row.get("type")))
        return self.event(row) if holder in row and set(row) <= {"type", "version", "id", holder} else self.product(row)

    def event(self, event: Any) -> Any:
        """Return an event whose product, or whose changed fields, have the names of our catalogue."""
        if not isinstance(event, dict):
            return event
        if isinstance(product := event.get("product"), dict):
            version = {"version": product["version"]} if "version" in product else {}
            return {**event, "product": version | self.product(product)}
        if isinstance(fields := event.get("fields"), dict):
            return {**event, "fields": self._fields_of(fields)}
        return event

    def product(self, row: Row) -> Row:
        """Return a product; constants fill the fields that have no value."""
        product = filled(self._fields_of(row))
        for field, constant in self.constants.items():
            holder, name = _holder(product, field)
            holder.setdefault(name, constant)
        return product

    def _fields_of(self, row: Row) -> Row:
        """Return the fields of a row, empty ones too: an update empties them."""
        product: Row = {} if self.columns else _flat(row)
        for column, fields in self.columns.items():
            value = _lookup(row, column)
            for field in _fields(fields):
                if value is not _ABSENT:
                    product[field] = _joined(field, product[field], value) if field in product else value
        shaped: Row = {}
        for field, value in (product | self._rest(row)).items():
            holder, name = _holder(shaped, field)
            holder[name] = self._value(field, value)
        return {**shaped, "attributes": filled(shaped["attributes"])} if "attributes" in shaped else shaped

    def _value(self, field: str, value: Any) -> Any:
        """Return a value split, replaced as ``values`` says, and with image paths below ``image_base``."""
        separator = self.separators.get(field)
        if separator:
            cells = value if isinstance(value, list) else [value]
            value = [item for cell in cells for item in (split(cell, separator) if isinstance(cell, str) else [cell])]
        if replacements := self.values.get(field):
            value = (
                [_replaced(v, replacements) for v in value]
                if isinstance(value, list)
                else _replaced(value, replacements)
            )
        if field == "images" and self.image_base:
            base, images = f"{self.image_base.removesuffix('/')}/", split_images(value)
            value = [urljoin(base, i) if isinstance(i, str) and _is_relative(i) else i for i in images]
        return value

    def _rest(self, row: Row) -> Row:
        """Return the columns that lead nowhere, as ``unmapped`` says."""
        if self.unmapped == "ignore" or not self.columns:
            return {}
        prefix = ATTRIBUTE if self.unmapped == "attributes" else ""
        return {prefix + c: v for c, v in row.items() if c not in self.columns and v not in ("", None)}


_ABSENT = object()


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    CatalogError
        Names the file, the key at fault and what to do.
    """
    try:
        mapping = Mapping.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(f"{path} can't be read: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc'][:2]))}: {_reason(e['type'], e['msg'])}" for e in error.errors())
        raise CatalogError(f"{path}: " + "; ".join(fault.removeprefix(": ") for fault in faults)) from error
    mapping._path = path
    return mapping


def mapped(event: Any, mapping: Mapping | None) -> Any:
    """Return an event with the names of our catalogue, if the shop's names have a mapping."""
    return mapping.event(event) if mapping else event


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"no such key; use {', '.join(Mapping.model_fields)}"
    return message.removeprefix("Value error, ")


def _fields(fields: str | list[str]) -> list[str]:
    return [fields] if isinstance(fields, str) else fields


def _holder(product: Row, field: str) -> tuple[Row, str]:
    """Return the object that holds a field, and its name there: attributes have an object of their own."""
    if not field.startswith(ATTRIBUTE):
        return product, field
    return product.setdefault("attributes", {}), field[len(ATTRIBUTE) :]


def _flat(product: Row) -> Row:
    """Return a product with each attribute as a field ``attributes.NAME``."""
    attributes = product.get("attributes")
    flat = {name: value for name, value in product.items() if name != "attributes"}
    return flat | {ATTRIBUTE + name: v for name, v in (attributes if isinstance(attributes, dict) else {}).items()}


def _lookup(row: Any, column: str) -> Any:
    """Return a column's value; in JSON a dotted path leads into objects, and through each item of a list."""
    if isinstance(row, dict) and column in row:
        return row[column]
    if isinstance(row, list):
        found = [value for item in row if (value := _lookup(item, column)) is not _ABSENT]
        return found or _ABSENT
    first, _, rest = column.partition(".")
    return _lookup(row[first], rest) if rest and isinstance(row, dict) and first in row else _ABSENT


def _joined(field: str, first: Any, second: Any) -> Any:
    """Return the values of two columns of one field: as a list, or the first of them if it holds one value."""
    if field not in LISTS and not field.startswith(ATTRIBUTE):
        return second if first in ("", None) else first
    lists: Iterable[list[Any]] = (value if isinstance(value, list) else [value] for value in (first, second))
    return [value for values in lists for value in values if value not in ("", None)]


def _replaced(value: Any, replacements: dict[str, Constant]) -> Any:
    return replacements.get(str(value).strip(), value)


def _is_relative(image: str) -> bool:
    try:
        parts = urlsplit(image)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
