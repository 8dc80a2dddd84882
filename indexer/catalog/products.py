"""The catalogue: products, parsed and validated; files of them."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from indexer.errors import CatalogError

T = TypeVar("T")

MAX_LINE = 1_000_000  # characters; no product is longer, and a file without line ends must not fill the memory

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


def read_catalog(path: Path) -> Iterator[tuple[int, Product | CatalogError]]:
    """Read a file of products, as `read_lines` does."""
    return read_lines(path, parse_product)


def read_lines(path: Path, parse: Callable[[object], T]) -> Iterator[tuple[int, T | CatalogError]]:
    """Read a catalogue file, JSON Lines or (by its suffix) CSV, line by line.

    Relative image paths are taken relative to the file.

    Parameters
    ----------
    path : Path
        The file.
    parse : callable
        What validates a line: `parse_product`, or what takes events as well.

    Yields
    ------
    line : int
        Number of the line, from 1.
    parsed : T or CatalogError
        What `parse` gave, or why the line can't be used; the lines after it are read all the same.

    Raises
    ------
    CatalogError
        The file itself can't be read.
    """
    folder = path.resolve().parent
    rows = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    try:
        for number, row in rows(path):
            try:
                yield number, parse(_absolute_images(row(), folder))
            except CatalogError as error:
                yield number, error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(f"{path} can't be read: {error}") from error


def _json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(iter(lambda: _line(file), ""), 1):
            if line.strip():
                yield number, lambda line=line: _json(line)


def _line(file: TextIO) -> str:
    """Read a line; of one that is too long, no more than shows that it is."""
    line = piece = file.readline(MAX_LINE)
    while len(piece) == MAX_LINE and not piece.endswith("\n"):
        piece = file.readline(MAX_LINE)
    return line


def _json(line: str) -> Any:
    if len(line) >= MAX_LINE:
        raise CatalogError(f"the line is longer than {MAX_LINE:,} characters")
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CatalogError(f"not JSON: {error}") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, lambda row=row: _from_csv(row)


def _from_csv(row: dict[str | None, Any]) -> dict[str, Any]:
    """Turn a CSV row into the shape of a JSON line.

    Lists are separated by ``|``; a column ``attributes.NAME`` is an attribute; an empty cell is a field left out.
    """
    if None in row:
        raise CatalogError("the line has more cells than the header has columns")
    product: dict[str, Any] = {}
    for column, cell in row.items():
        if column is None or not cell:
            continue
        if column.startswith("attributes."):
            product.setdefault("attributes", {})[column.removeprefix("attributes.")] = cell
        else:
            product[column] = cell.split("|") if column in {"category", "images"} else cell
    return product


def _absolute_images(row: Any, folder: Path) -> Any:
    """Take relative image paths relative to the file: those of a product, or of the product that an event holds."""
    if isinstance(row, dict):
        for holder in (row, row.get("product"), row.get("fields")):
            if isinstance(holder, dict) and isinstance(holder.get("images"), list):
                holder["images"] = [_absolute(i, folder) if isinstance(i, str) and i else i for i in holder["images"]]
    return row


def _absolute(image: str, folder: Path) -> str:
    return image if _scheme(image) in {"http", "https", "file"} else (folder / image).as_uri()


def _scheme(image: str) -> str:
    try:
        return urlsplit(image).scheme
    except ValueError as error:
        raise CatalogError(f"images: {image[:200]!r} is no address: {error}") from error


def faults(error: ValidationError) -> str:
    """Say what is wrong in one line: the path of each field and why."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'product'}: {e['msg'][:200]}"
        for e in error.errors(include_url=False)[:5]
    )
