"""The menu of the staff pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, request, url_for

# Endpoints with what they are called; the first are daily work.
_PAGES = {
    "relevance.overview": "Workbench",
    "queries.show": "Searches",
    "rules.overview": "Rules",
    "synonyms.overview": "Synonyms",
    "compare.show": "Compare",
    "experiments.show": "Experiments",
    "lab.overview": "Judge pairs",
    "query_lab.overview": "Judge searches",
    "disputes.review": "Disputes",
    "placeholders.review": "Placeholders",
    "ops.overview": "Operations",
}


@dataclass(frozen=True)
class Item:
    """A page of the menu."""

    label: str
    url: str
    active: bool


def register(app: Flask) -> None:
    """Register `staff_pages` for templates."""
    app.context_processor(lambda: {"staff_pages": _items, "staff_name": g.get("staff_name")})


def _items() -> list[Item]:
    """Return the menu, where the request is one of staff who are logged in; else nothing."""
    if not g.get("staff_name"):
        return []
    return [
        Item(text, url_for(endpoint), endpoint.partition(".")[0] == request.blueprint)
        for endpoint, text in _PAGES.items()
    ]
