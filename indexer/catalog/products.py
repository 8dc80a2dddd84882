"""The catalogue's products, parsed and validated."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from es_mappings.attributes import attribute_pairs
from es_mappings.facets import attribute_numbers
from indexer.catalog import limits
from indexer.catalog.currencies import NO_RATES, Rates
from indexer.catalog.fields import EMBEDDED, Stored, category_paths, stored_fields
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.fields import read_fields
from indexer.catalog.values.json_values import clean_text
from indexer.errors import CatalogError


def _fits_an_id(product_id: str) -> str:
    if len(product_id.encode(errors="surrogatepass")) > limits.ID_BYTES:
        raise ValueError(f"longer than {limits.ID_BYTES} bytes in UTF-8")
    if any(part in {"", ".", ".."} for part in product_id.split("/")):
        raise ValueError("an address can't hold it: no part between slashes may be empty, . or ..")
    return product_id


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.TITLE)]
Text = Annotated[str, StringConstraints(max_length=limits.DESCRIPTION)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.NAME)]
ProductId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_fits_an_id)]
AttributeName = Annotated[str, StringConstraints(pattern=rf"^[^:.\s\x00-\x1f]{{1,{limits.ATTRIBUTE_NAME}}}$")]
AttributeText = Annotated[str, StringConstraints(max_length=limits.ATTRIBUTE_TEXT)]
AttributeValue = bool | int | float | AttributeText | list[AttributeText]
ImageAddress = Annotated[str, StringConstraints(min_length=1)]
Version = Annotated[int, Field(ge=0, le=limits.EXACT)]


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


class Product(BaseModel):
    """A product as the catalogue describes it. Unknown fields are stored, not indexed.

    Each field is declared once: its type, and by `Stored` the document fields made from it. `FIELDS`, the documents,
    the scripts and the fields that an event may set follow. `source` has a part for each embedded field, in this order:
    new ones go below.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, coerce_numbers_to_str=False)

    id: ProductId
    images: Annotated[list[ImageAddress], Field(max_length=limits.IMAGES), EMBEDDED] = []
    title: Annotated[Title, EMBEDDED]
    description: Annotated[Text, EMBEDDED] = ""
    category: Annotated[list[Name], Field(max_length=limits.LEVELS), _CATEGORY] = []
    brand: Annotated[Name | None, EMBEDDED] = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=limits.ATTRIBUTES), _ATTRIBUTES] = {}
    style_id: Annotated[Name | None, _STYLE] = None
    price: Annotated[float, Field(ge=0, le=limits.PRICE)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    in_stock: bool = True
    version: Version = Field(default_factory=now_ms)

    @property
    def extra(self) -> dict[str, Any]:
        """The catalogue's fields that aren't declared here."""
        return dict(self.model_extra or {})


FIELDS = stored_fields(Product)
EMBEDDED_FIELDS = tuple(name for name, stored in FIELDS.items() if stored.embedded)


def parse_product(
    data: object, folder: Path | None = None, *, changes: Changes | None = None, rates: Rates = NO_RATES
) -> Product:
    """Read one product, with its values as people write them, and validate it.

    Parameters
    ----------
    data : object
        The product's fields.
    folder : Path, optional
        Where relative paths of images lead.
    changes : Changes, optional
        What was changed in its values is noted there.
    rates : Rates, optional
        What prices are converted by.

    Raises
    ------
    CatalogError
        Names each field at fault.
    """
    try:
        return Product.model_validate(as_read(data, changes, folder, rates))
    except ValidationError as error:
        raise invalid(error) from error


def as_read(fields: object, changes: Changes | None, folder: Path | None, rates: Rates) -> object:
    """Return fields with their values read; what holds no fields stays, for the validation to name."""
    notes = Changes() if changes is None else changes
    return read_fields(fields, notes, folder, rates) if isinstance(fields, dict) else fields


def invalid(error: ValidationError) -> CatalogError:
    """Return the error of a product or an event that isn't valid."""
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "product"
    return CatalogError(faults(error), f"{field}: {first['type'].replace('_', ' ')}")


def faults(error: ValidationError) -> str:
    """Return the errors in one line: the path of each field, and what is wrong with it."""
    listed = error.errors(include_url=False, include_input=False)[:5]
    return clean_text(
        "; ".join(f"{'.'.join(str(part)[:80] for part in e['loc']) or 'product'}: {e['msg'][:200]}" for e in listed)
    )
