"""Saved states of configurations, rules and query sets, and publications: what documents hold of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.rules import Rule
from indexer.errors import RelevanceError
from indexer.relevance.query_sets import QuerySet

Named = TypeVar("Named", bound=Configuration | Rule | QuerySet)

KINDS: Mapping[type[BaseModel], str] = {Configuration: "configuration", Rule: "rule", QuerySet: "query set"}


class Publication(BaseModel):
    """All that is live from one moment on: a configuration and rules.

    Attributes
    ----------
    number : int
        From 1; 0 before anything was published.
    at : str
        When, in UTC, as ISO 8601 writes it.
    trial : str
        Number and side of the experiment whose configuration it has instead of the published one; never saved.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = 0
    configuration: Configuration = DEFAULT
    rules: tuple[Rule, ...] = ()
    author: str = ""
    at: str = ""
    note: str = ""
    trial: str = ""


@dataclass(frozen=True)
class Version:
    """One saved state of a configuration, rule or query set.

    Attributes
    ----------
    number : int
        From 1, of this name.
    value : Configuration or Rule or QuerySet or None
        None if it was deleted by this version, or another version of the code wrote it; then the note says so.
    """

    name: str
    number: int
    author: str
    at: str
    note: str
    value: Configuration | Rule | QuerySet | None
    is_deleted: bool = False


def plain(value: Configuration | Rule | QuerySet) -> dict[str, Any]:
    """Return a configuration, rule or query set as plain data: what it says itself, and the version of the format."""
    return {"version": value.version, **value.model_dump(mode="json", exclude_defaults=True)}


def read_publication(source: Mapping[str, Any], *, strict: bool = True) -> Publication:
    """Read the document of a publication.

    Parameters
    ----------
    strict : bool
        Whether to raise an error if another version of the code wrote it, instead of a note without what was live.

    Raises
    ------
    RelevanceError
        Another version of the code wrote it.
    """
    fields = {name: source[name] for name in ("number", "author", "at", "note")}
    try:
        return Publication.model_validate({**fields, **source["body"]})
    except ValidationError as error:
        if not strict:
            return Publication(**{**fields, "note": unreadable(error)})
        raise RelevanceError(
            f"publication {source['number']} {unreadable(error)}; `lookalike configurations undo` undoes it"
        ) from error


def read_version(model: type[Named], source: Mapping[str, Any]) -> Version:
    """Read the document of a version."""
    fields = {name: source[name] for name in ("name", "number", "author", "at", "note")}
    value = source["body"].get("value")
    try:
        return Version(**fields, value=model.model_validate(value) if value else None, is_deleted=not value)
    except ValidationError as error:  # one of them keeps nobody from the others
        return Version(**{**fields, "note": unreadable(error)}, value=None)


def unreadable(error: ValidationError) -> str:
    """Return why a document can't be read."""
    return f"was written by another version of Lookalike: {error.errors()[0]['msg']}"
