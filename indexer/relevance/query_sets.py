"""Saved query sets: the searches, by name, that a search team looks at whenever relevance changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from es_mappings.anchors import MAX_ANCHORS
from es_mappings.configuration import VERSION, Name
from es_mappings.facets import Refinement
from es_mappings.rules import Path, ProductId, Words
from indexer.errors import RelevanceError

MAX_QUERIES = 200  # of a set, and of one comparison
FEW_QUERIES = 10  # fewer say little of a change

Like = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Filter = Annotated[str, StringConstraints(max_length=600), AfterValidator(lambda text: str(Refinement.parse(text)))]


class SavedQuery(BaseModel):
    """What somebody searches for: words, a category, likes and filters, as the parameters of a search name them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    q: Words = ""
    """Keywords."""
    category: Path = ""
    """A category's path."""
    like: Annotated[tuple[Like, ...], Field(max_length=MAX_ANCHORS)] = ()
    """Liked products, `ID` or `ID^weight`."""
    dislike: Annotated[tuple[ProductId, ...], Field(max_length=MAX_ANCHORS)] = ()
    """Disliked products."""
    filter: Annotated[tuple[Filter, ...], Field(max_length=50)] = ()
    """Filters, `NAME:VALUE`."""

    @model_validator(mode="after")
    def _is_for_something(self) -> SavedQuery:
        if not (self.q or self.category or self.like):
            raise ValueError("a query needs words (q), a category, or a liked product (like)")
        return self

    def __str__(self) -> str:
        """Write it in one line: the words alone where there is nothing else."""
        others = [("category", self.category), *((name, v) for name in _LISTS for v in getattr(self, name))]
        return " ".join([self.q, *(f"{name}={value}" for name, value in others if value)]).strip()


_LISTS = ("like", "dislike", "filter")


class QuerySet(BaseModel):
    """A named set of queries; each is in it once."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    version: Literal[1] = VERSION
    """Of the format."""
    name: Name
    """Small letters, digits and hyphens."""
    queries: Annotated[tuple[SavedQuery, ...], Field(min_length=1, max_length=MAX_QUERIES)]

    @model_validator(mode="after")
    def _has_no_query_twice(self) -> QuerySet:
        seen = set[SavedQuery]()
        for query in self.queries:
            if query in seen:
                raise ValueError(f"queries: {str(query)!r} is in it twice")
            seen.add(query)
        return self

    def with_queries(self, more: Iterable[SavedQuery]) -> QuerySet:
        """Return the set with queries added that it doesn't have.

        Raises
        ------
        RelevanceError
            They are too many.
        """
        queries = tuple(dict.fromkeys([*self.queries, *more]))
        if len(queries) > MAX_QUERIES:
            raise RelevanceError(f"query set {self.name!r}: {len(queries)} queries are more than {MAX_QUERIES}")
        return QuerySet(name=self.name, queries=queries)


def of_words(texts: Iterable[str]) -> list[SavedQuery]:
    """Return queries of words alone, each once.

    Raises
    ------
    RelevanceError
        One is too long.
    """
    return [_of_words(text) for text in dict.fromkeys(texts)]


def _of_words(text: str) -> SavedQuery:
    try:
        return SavedQuery(q=text)
    except ValidationError as error:
        raise RelevanceError(f"queries: {text[:50]!r}: {error.errors()[0]['msg']}") from error
