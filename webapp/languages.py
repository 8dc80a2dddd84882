"""The language of a page, chosen by its address, the visit or the browser, and its texts in that language.

Texts are written in English where they are shown, and translated by the catalogues in webapp/translations (gettext).
Staff pages and the API are in English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, Response, current_app, g, has_request_context, request, session

from indexer.errors import SettingsError
from indexer.settings import Settings
from webapp import catalogues
from webapp.addresses import is_repeated
from webapp.consent import may_be_remembered

SOURCE = "en"  # the language that texts are written in
PARAMETER = "lang"  # of addresses

_NAME = "languages"  # among an application's extensions
_VISIT = "language"  # in the visit's cookie
_TRIED = 8  # languages of a header
_ENGLISH = ("/api/", "/lab", "/ops", "/staff", "/workbench")  # beginnings of paths
_WITHOUT = {"api", "catalog_hook", "health", "pictures", "search_engines", "static"}  # their addresses name no language


@dataclass(frozen=True)
class Choice:
    """A language to switch to, by its own name."""

    code: str
    name: str
    url: str
    active: bool


def register(app: Flask, settings: Settings) -> None:
    """Read the catalogues, and have templates and addresses follow the language of each request.

    Raises
    ------
    SettingsError
        A language of the settings has no catalogue.
    """
    app.extensions[_NAME] = {code: _catalogue(code) for code in settings.page_languages}
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Jinja fills in the values itself, escaped.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _texts().ugettext(text), lambda *texts: _texts().ungettext(*texts), newstyle=True
    )
    app.context_processor(
        lambda: {"languages": choices, "language": current(), "direction": direction(), "carried_language": carried}
    )
    app.before_request(_follow_address)
    app.url_defaults(_carry)
    app.after_request(_say_language)


def _template_values() -> dict[str, Any]:
    return {"languages": choices, "language": current(), "direction": direction(), "carried_language": carried}


def current() -> str:
    """Return the language of this request's answer, as in ``lang`` attributes; English outside of requests."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        g.language = _chosen()
    return str(g.language)


def direction() -> str:
    """Return the direction of the language, ``ltr`` or ``rtl``, as in ``dir`` attributes."""
    return Locale.parse(current(), sep="-").text_direction


def gettext(text: str, /, **values: object) -> str:
    """Translate a text, and fill in its ``%(name)s``."""
    translated = _texts().ugettext(text)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """Translate a text that depends on a number, and fill in its ``%(name)s``; ``%(num)s`` is the number."""
    return _texts().ungettext(singular, plural, number) % {"num": number, **values}


def choices() -> list[Choice]:
    """Return the languages of the shop, each with the address of this page in it; none if there is only one."""
    codes = () if request.path.startswith(_ENGLISH) else offered()
    arguments = request.args.items(multi=True)
    kept = [(name, value) for name, value in arguments if name != PARAMETER and is_repeated(name)]
    pairs = kept if request.method in {"GET", "HEAD"} else []
    return [
        Choice(code, _name_of(code), "?" + urlencode([*pairs, (PARAMETER, code)]), code == current())
        for code in codes
        if len(codes) > 1
    ]


def of_visit() -> str:
    """Return the language that was chosen for the visit; empty if none was."""
    return str(session.get(_VISIT, ""))


def carried() -> str:
    """Return the language that this page's links must name, because its address does and the visit doesn't."""
    return str(g.get("carried_language", ""))


def _catalogue(code: str) -> NullTranslations:
    known = [SOURCE, *catalogues.codes()]
    if code not in known:
        raise SettingsError(f"PAGE_LANGUAGES: there is no translation into {code!r}, but {', '.join(known)}")
    return NullTranslations() if code == SOURCE else catalogues.compiled(code)


def offered() -> Sequence[str]:
    """Return the shop's languages, the one for browsers that prefer none of them first."""
    return tuple(current_app.extensions.get(_NAME, {SOURCE: None}))


def _texts() -> NullTranslations:
    known: dict[str, NullTranslations] = current_app.extensions.get(_NAME, {}) if has_request_context() else {}
    return known.get(current()) or _UNTRANSLATED


_UNTRANSLATED = NullTranslations()


def _chosen() -> str:
    """Return the language of the address, else of the visit, else the browser's first that the shop has."""
    if request.path.startswith(_ENGLISH):
        return SOURCE
    codes = offered()
    for wanted in (request.args.get(PARAMETER), session.get(_VISIT)):
        if wanted in codes:
            return str(wanted)
    accepted = [name for name, quality in request.accept_languages if quality > 0][:_TRIED]
    return next((code for name in accepted for code in codes if _is_of(name, code)), codes[0])


def _is_of(accepted: str, code: str) -> bool:
    """Return whether a language that a browser accepts is one of the shop's, in any region: ``de-CH`` is ``de``."""
    return accepted.lower().split("-")[0] == code.lower().split("-")[0]


def _follow_address() -> None:
    """Keep a language that the address names for the visit.

    Until the visit's cookie has come back, or if there is none, links carry it on. What a form sends isn't kept: it may
    come from another site's page, and is refused later.
    """
    wanted = request.args.get(PARAMETER)
    if wanted not in offered() or wanted == session.get(_VISIT) or request.path.startswith(_ENGLISH):
        return
    g.carried_language = wanted
    is_page = (request.endpoint or "").partition(".")[0] not in _WITHOUT  # other answers may be kept for everybody
    if is_page and may_be_remembered() and request.method in {"GET", "HEAD"}:
        session[_VISIT] = wanted


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if (language := carried()) and endpoint.partition(".")[0] not in _WITHOUT:
        values.setdefault(PARAMETER, language)


def _say_language(response: Response) -> Response:
    if "language" in g and response.mimetype == "text/html":
        response.content_language = [g.language]
        response.vary.add("Accept-Language")
    return response


def _name_of(code: str) -> str:
    locale = Locale.parse(code, sep="-")
    name = locale.get_display_name(locale) or code
    return name[:1].upper() + name[1:]
