"""The configurations that a page of the workbench puts next to each other, and what it searches for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import MultiDict

from es_mappings.configuration import Configuration
from indexer.checks.trying import try_configuration
from indexer.errors import RelevanceError
from indexer.relevance import toml_files
from indexer.relevance.query_sets import QuerySet, SavedQuery, of_words
from indexer.relevance.versions import Publication
from search.parameters import SearchParameters
from webapp.reading import page_parameters
from webapp.services import services

LETTERS = "abcd"  # the parameters that name configurations; b may come as a draft
PARAMETERS = ("q", "like", "filter", "category", "sort", "mode")
SIZE = 12  # products of each side


@dataclass(frozen=True)
class Side:
    """One of the configurations.

    Attributes
    ----------
    letter : str
        Of its parameter, ``a`` to ``d``.
    title : str
        Its name, as it was asked for.
    publication : Publication
        What is live, with this configuration in place of the live one.
    """

    letter: str
    title: str
    publication: Publication


def names() -> dict[str, str]:
    """Return the name of each configuration that is asked for, by its letter; a and b are live by default."""
    asked = {letter: request.values.get(letter, "").strip() for letter in LETTERS}
    return {letter: name or "live" for letter, name in asked.items() if name or letter in "ab"}


def draft_text() -> str:
    """Return the configuration that a form brings instead of b: that of a preview, or of the page's own editor.

    Who chooses another configuration next to a draft gets that one.
    """
    if request.form.get("draft_of", names()["b"]) != names()["b"]:
        return ""
    return request.form.get("text_b") or request.form.get("text", "")


def seen_version(newest: int) -> int:
    """Return the number of b's saved version that the page shows, or that its draft began with.

    A draft carries it from page to page: what a colleague saves meanwhile is in conflict with it.
    """
    return request.form.get("seen", 0, int) if draft_text() else newest


def address() -> dict[str, list[str]]:
    """Return the parameters of an address that asks for the same, without a draft."""
    asked = {name: [v for v in request.values.getlist(name) if v] for name in (*LETTERS, *PARAMETERS)}
    return {name: given for name, given in asked.items() if given}


def read_sides() -> list[Side]:
    """Return the configurations that are asked for.

    Raises
    ------
    RelevanceError
        One doesn't exist, or there is something wrong with the draft.
    """
    store, draft = services().publications, draft_text()
    live, sides = store.live(), []
    for letter, name in names().items():
        is_draft = letter == "b" and bool(draft)
        configuration = _draft(draft) if is_draft else store.configuration(name)
        publication = live.model_copy(update={"configuration": configuration})
        sides.append(Side(letter, "Your draft" if is_draft else name, publication))
    return sides


def are_alike(sides: Sequence[Side]) -> bool:
    """Return whether nothing can differ between them: each is the same configuration."""
    return all(side.publication == sides[0].publication for side in sides)


def read_request() -> SearchParameters:
    """Return what is searched for; empty fields of the form don't count.

    Raises
    ------
    ParameterError
        A parameter is wrong.
    """
    given = address()
    values: MultiDict[str, str] = MultiDict((name, v) for name in PARAMETERS for v in given.get(name, ()))
    return page_parameters(values).model_copy(update={"size": SIZE})


def asked_queries() -> list[SavedQuery]:
    """Return the queries of the chosen set, then those that were typed, one a line.

    Raises
    ------
    RelevanceError
        There is no such set, or a query is too long.
    """
    lines = (line.strip() for line in request.values.get("queries", "").splitlines())
    name = request.values.get("set", "")
    saved = services().publications.get(QuerySet, name).queries if name else ()
    return list(dict.fromkeys([*saved, *of_words(line for line in lines if line)]))


def _draft(text: str) -> Configuration:
    """Return the configuration that a form holds; it is tried in a scratch index before it searches the shop."""
    draft = toml_files.read(text, Configuration)
    if findings := try_configuration(services().index, draft):
        raise RelevanceError("; ".join(map(str, findings)))
    return draft
