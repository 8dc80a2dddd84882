"""What can be wrong with a search that a shopper or a program can mend."""

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
    """The index, or the point in time of it, that was to be searched no longer exists."""


def gone(cursor: str) -> ParameterError | IndexGoneError:
    """Return the error for an index that no longer exists: the shopper's to mend where a cursor led there."""
    if cursor:
        return ParameterError("cursor", "has expired; start from the first page")
    return IndexGoneError("The index was replaced while it was searched")
