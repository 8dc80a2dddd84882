"""Alternatives of a filter: several values, and the spellings of one, in capitals or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Query = dict[str, Any]


def any_of(alternatives: Sequence[Query]) -> Query:
    """Build the clause of which any alternative must hold."""
    return alternatives[0] if len(alternatives) == 1 else {"bool": {"should": list(alternatives)}}


def in_any_case(field: str, values: Sequence[str]) -> Query:
    """Build the clause of any of the values, in capitals or not: ``red`` finds what the catalogue calls ``Red``."""
    return any_of([{"term": {field: {"value": value, "case_insensitive": True}}} for value in values])


def spelling_key(value: str) -> str:
    """Return what the spellings of a value share that `in_any_case` finds: Elasticsearch ignores the case of ASCII."""
    if value.isascii():
        return value.lower()
    return value.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")  # bytes: ASCII alone
