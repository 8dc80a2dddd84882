"""Propose a mapping: which columns of a file are which of our fields, by their names and their values."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Columns

from indexer.catalog.feeds.mapping import Mapping
from indexer.catalog.feeds.profile import Column
from indexer.catalog.values.attributes import ATTRIBUTE

# Names of columns in English, German, French and Spanish, letters alone, the most telling first.
_NAMES = {
    "id": (
        "id sku productid itemid articleid artnr artikelnummer artikelnr articlenumber itemnumber productcode "
        "produktid identifier reference référence ref referencia codigo código code handle nr number"
    ),
    "title": (
        "title name producttitle productname titel bezeichnung artikelbezeichnung produktname artikelname nom titre "
        "nombre titulo título label kurzbezeichnung"
    ),
    "description": (
        "description longdescription beschreibung artikelbeschreibung langtext descripcion descripción bodyhtml "
        "details text shortdescription kurzbeschreibung"
    ),
    "category": (
        "categorypath category categories kategorie kategorien warengruppe producttype catégorie categorie categoria "
        "categoría department rubrik produktgruppe type"
    ),
    "brand": "brand marke brandname manufacturer hersteller marque marca vendor fabricant fabricante designer",
    "price": "price preis prix precio verkaufspreis vkpreis bruttopreis unitprice regularprice priceamount endpreis",
    "currency": "currency währung waehrung devise moneda pricecurrency currencycode",
    "in_stock": (
        "instock availability verfügbarkeit verfuegbarkeit stock lager lagerbestand bestand quantity qty menge "
        "stockquantity disponibilité disponibilidad lagerstatus"
    ),
    "style_id": "styleid itemgroupid parentid parentsku groupid modelid style modell model",
    "attributes.color": "color colour farbe couleur coloris",
    "attributes.size": "size größe groesse taille talla",
    "attributes.material": "material matière matiere stoff fabric",
    "attributes.gender": "gender geschlecht genre sexe género genero",
    "attributes.pattern": "pattern muster motif estampado",
}
_IMAGES = re.compile(r"(image|img|bild|picture|photo|foto|imagen|thumbnail|media)(s|er|link|url|src|urls|links|path)*")
_ADDRESS = re.compile(r"https?://\S+\.(jpe?g|png|webp|gif|avif)\b", re.IGNORECASE)
_LISTED = ("images", "category")
_MISSED = ("price", "in_stock", "images")  # a shop sees at once where products lack them
_INTRODUCTION = "# What the columns mean: see docs/catalogue.md. A line that begins with # says nothing yet."


def foreign(columns: Iterable[str]) -> dict[str, str]:
    """Return the columns that are named like a field of ours which no column is, with that field."""
    names = (column.lower() for column in columns)
    fields = _fields({name: Column() for name in names if not name.startswith(ATTRIBUTE)})
    return {column: field for column, field in fields.items() if field in _MISSED and field not in fields}


def propose(columns: Columns[str, Column]) -> str:
    """Return a mapping file for these columns; those that are not understood are comments in it.

    `read_proposal` reads it.
    """
    fields = _fields(columns)
    lines = [_INTRODUCTION, "", "[columns]"]
    lines += [f"{_quoted(column)} = {_quoted(field)}" for column, field in fields.items()]
    lines += [
        f'# {_quoted(missing)} leads from no column: write "COLUMN" = {_quoted(missing)}'
        for missing in _missing(fields)
    ]
    lines += [f"# {_quoted(column)} = {_quoted(ATTRIBUTE + column)}" for column in columns if column not in fields]
    if separated := [field for field in _LISTED if _has_semicolons(field, fields, columns)]:
        lines += ["", "[separators]", *(f'{field} = ";"' for field in separated)]
    if "price" in fields.values() and "currency" not in fields.values():
        lines += ["", "[constants]", '# currency = "EUR"']
    return "\n".join(lines) + "\n"


def currency_mapping(form: str) -> str:
    """Return a mapping file that completes the products of a format that says no currency."""
    return f'format = {_quoted(form)}\n\n[constants]\ncurrency = "EUR"  # the one of your prices\n'


def read_proposal(toml: str) -> Mapping | None:
    """Return the mapping of a proposal, or None if it lacks what a product needs."""
    tables = tomllib.loads(toml)
    return None if _missing(tables["columns"]) else Mapping.model_validate(tables)


def _missing(fields: Columns[str, str]) -> list[str]:
    return [field for field in ("id", "title") if field not in fields.values()]


def _fields(columns: Columns[str, Column]) -> dict[str, str]:
    """Return the field of each column that is understood, in the order of the columns."""
    fields: dict[str, str] = {}
    for field, names in _NAMES.items():
        ranks = {name: rank for rank, name in enumerate(names.split())}
        named = {column: min((ranks[n] for n in _spellings(column) if n in ranks), default=None) for column in columns}
        ranked = [(rank, column) for column, rank in named.items() if rank is not None and column not in fields]
        if ranked:
            fields[min(ranked, key=lambda item: item[0])[1]] = field
    fields |= {c: "images" for c, column in columns.items() if c not in fields and _is_image(c, column)}
    return {column: fields[column] for column in columns if column in fields}


def _spellings(column: str) -> list[str]:
    """Return a column's name, and the last two parts of a path, in letters alone."""
    parts = column.split(".")
    return [_letters(column), *(_letters(part) for part in reversed(parts[-2:]))]


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name.lower())


def _is_image(name: str, column: Column) -> bool:
    by_name = any(_IMAGES.fullmatch(spelling) for spelling in _spellings(name))
    return by_name or any(_ADDRESS.search(example) for example in column.examples)


def _has_semicolons(field: str, fields: Columns[str, str], columns: Columns[str, Column]) -> bool:
    """Return whether items are separated by ``;``, which reading values leaves alone."""
    return any(
        ";" in text for column, leads_to in fields.items() if leads_to == field for text in columns[column].examples
    )


def _quoted(text: str) -> str:
    # A basic string of TOML is written alike, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
