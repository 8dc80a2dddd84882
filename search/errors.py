"""Errors of a search that the shopper or the calling program can correct."""

from __future__ import annotations

from indexer.errors import IndexStateError, ProductSearchError


class ParameterError(ProductSearchError):
    """A request's parameter is wrong; `parameter` names it."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(parameter, detail)
        self.parameter, self.detail = parameter, detail

    def __str__(self) -> str:
        """Return the message for a person."""
        return f"{self.parameter}: {self.detail}"


class IndexGoneError(IndexStateError):
    """The index to be searched, or the point in time of it, no longer exists."""


def gone(cursor: str) -> ParameterError | IndexGoneError:
    """Return the error for an index that no longer exists; if a cursor led to it, the shopper must start over."""
    if cursor:
        return ParameterError("cursor", "has expired; start from the first page")
    return IndexGoneError("The index was replaced while it was searched")
