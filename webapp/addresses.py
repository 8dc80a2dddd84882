"""The parameters of a page's own address that its links and forms repeat: those that pages read.

Links collect others, such as those of trackers. A page that repeated them would carry one visitor's into the address
that a form leads back to, or into what a visitor shares.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import request

from search.parameters import SearchParameters

# What pages read besides the parameters of a search; the second are prefixes of fields, the name of a facet follows.
# Not `part`: what a part of a page links to is the whole.
_NAMES = frozenset(
    {"add", "back", "compare", "differing", "from", "full", "ids", "lang", "missing", "name", "remove"}
    | {"removed", *SearchParameters.model_fields}
)
_PREFIXES = ("max-", "min-", "weight-")
_STAFF = ("/lab", "/ops", "/staff", "/workbench")  # beginnings of paths whose parameters all are of the page


def is_repeated(name: str) -> bool:
    """Return whether the page of this request repeats a parameter of its address."""
    return name in _NAMES or name.startswith(_PREFIXES) or request.path.startswith(_STAFF)


def repeated_query() -> str:
    """Return what of this request's query string its page repeats, spelled as it was sent."""
    pairs = request.query_string.decode(errors="replace").split("&")
    return "&".join(pair for pair in pairs if pair and is_repeated(unquote_plus(pair.partition("=")[0])))
