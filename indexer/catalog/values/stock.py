"""Stock: yes and no, the words of shops and exports, and counts."""

from __future__ import annotations

import re

from indexer.errors import CatalogError

_YES = """yes y true t on ja oui si sí in_stock instock available available_for_order limited_availability low_stock
onlineonly instoreonly lieferbar auf_lager verfügbar vorrätig en_stock disponible disponibile in_store"""
# Ordered now, they come later: "in stock only" leaves them out.
_NO = """no n false f off nein non out_of_stock outofstock oos sold_out soldout unavailable not_available discontinued
preorder pre_order presale backorder on_backorder onbackorder back_order backordered nicht_verfügbar nicht_lieferbar
nicht_vorrätig ausverkauft rupture_de_stock épuisé agotado esaurito"""
_WORDS = {**dict.fromkeys(_YES.split(), True), **dict.fromkeys(_NO.split(), False)}
_COUNT = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def read_stock(value: object) -> object:
    """Return whether a product is in stock, from a word or a count; other values stay.

    Raises
    ------
    CatalogError
        The text is neither.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _COUNT.fullmatch(text):
        return float(text.replace(",", ".")) > 0
    # schema.org writes https://schema.org/InStock
    word = re.sub(r"[\s_-]+", "_", text.rsplit("/", 1)[-1].casefold())
    if word not in _WORDS:
        raise CatalogError(f"in_stock: {text[:60]!r} is neither yes, no nor a count", "in_stock: an unknown word")
    return _WORDS[word]
