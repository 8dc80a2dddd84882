"""The texts that scripts show, in the language of the page; static/texts.js reads them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from webapp import languages
from webapp.languages import gettext, ngettext
from webapp.storefront import locales

_NUM = "%(num)s"  # filled in by the script
_COUNTED = 200  # numbers that are tried to find one of each plural form


def register(app: Flask) -> None:
    """Register `script_texts` for templates."""
    known: dict[str, dict[str, str | dict[str, str]]] = {}

    def script_texts() -> dict[str, str | dict[str, str]]:
        return known.get(languages.current()) or known.setdefault(languages.current(), _texts())

    app.context_processor(lambda: {"script_texts": script_texts})


def _texts() -> dict[str, str | dict[str, str]]:
    """Return the texts by name; of those that depend on a number, all forms by their names in CLDR."""
    return {
        "again": _forms(
            lambda n: ngettext(
                "The shop is busy. Trying again in %(num)s second.",
                "The shop is busy. Trying again in %(num)s seconds.",
                n,
                num=_NUM,
            )
        ),
        "attribute": gettext("Attribute"),
        "brand": gettext("Brand"),
        "category": gettext("Category"),
        "in": gettext("in %(place)s"),
        "looking": gettext("Looking for similar products."),
        "of100": gettext("%(value)s of 100"),
        "part": gettext("%(width)s \N{MULTIPLICATION SIGN} %(height)s of the picture counts"),
        "photo": gettext("Your photograph"),
        "search": gettext("Search"),
        "shown": gettext("%(shown)s of %(total)s"),
        "shownProducts": gettext("%(shown)s of %(total)s products shown"),
        "suggested": _forms(lambda n: ngettext("%(num)s suggestion", "%(num)s suggestions", n, num=_NUM)),
        "suggestions": gettext("Suggestions"),
        "unreachable": gettext("The shop cannot be reached. Please try again."),
        "whole": gettext("The whole picture counts"),
    }


def _forms(text: Callable[[int], str]) -> dict[str, str]:
    form, forms = locales.current().plural_form, dict[str, str]()
    for number in range(_COUNTED):
        if (name := form(number)) not in forms:
            forms[name] = text(number)
    return forms
