"""Finds the pages and forms of a shop by following its links, so that no test has to list them."""

from __future__ import annotations

import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

_MAX_PAGES = 300  # pages of one crawl


@dataclass
class Form:
    """A form as a browser reads it, with the values that it sends by itself."""

    page: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def shape(self) -> tuple[str, ...]:
        """What distinguishes it from other forms: its address and the names of its fields."""
        return (self.method, urlsplit(self.action).path, *sorted({name for name, _ in self.fields + self.buttons}))

    def submissions(self) -> Iterator[dict[str, Any]]:
        """Yield what is sent: once for each button that has a name."""
        for button in self.buttons or [("", "")]:
            data: dict[str, Any] = {}
            for name, value in [*self.fields, button]:
                data.setdefault(name, []).append(value)
            data.pop("", None)
            yield data | {name: (io.BytesIO(b"no image"), "a.jpg") for name in self.files}


@dataclass
class Page:
    """A page that was found, and what it holds; an answer that is no HTML holds nothing."""

    address: str
    answer: TestResponse
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)  # pictures, styles, scripts
    forms: list[Form] = field(default_factory=list)


def crawl(web: FlaskClient, *start: str, of_a_kind: int = 2) -> list[Page]:
    """Visit the pages that can be reached, until nothing new is left.

    Parameters
    ----------
    web : FlaskClient
        A visitor: links and forms of GET are followed with its cookies.
    start : str
        Addresses to start from.
    of_a_kind : int
        How many pages of one route and parameter are visited.
    """
    waiting, seen, kinds, pages = deque(start or ("/",)), set[str](), Counter[tuple[str, str]](), list[Page]()
    while waiting and len(pages) < _MAX_PAGES:
        address = waiting.popleft().partition("#")[0]
        kind = list(_kinds(web, address))
        if address in seen or all(kinds[k] >= of_a_kind for k in kind):
            continue
        seen.add(address)
        kinds.update(kind)
        page = read(address, web.get(address))
        pages.append(page)
        waiting.extend(_next(page))
    return pages


def read(address: str, answer: TestResponse) -> Page:
    """Read an answer as a page."""
    page = Page(address, answer)
    if answer.mimetype == "text/html":
        reader = _Reader(page)
        reader.feed(answer.text)
        reader.close()
    return page


def forms(pages: Iterable[Page], method: str = "post") -> list[Form]:
    """Return the forms of pages that differ in shape."""
    found = {form.shape: form for page in pages for form in page.forms if form.method == method}
    return list(found.values())


def _next(page: Page) -> Iterator[str]:
    """Yield the addresses on this site that a page leads to."""
    if 300 <= page.answer.status_code < 400:
        page.links.append(urljoin(page.address, page.answer.headers["Location"]))
    yield from (link for link in [*page.links, *page.loaded] if _is_local(link))
    for form in page.forms:
        if form.method == "get" and _is_local(form.action):
            yield f"{form.action}?{urlencode([(n, v) for n, v in form.fields if v])}"


def _is_local(link: str) -> bool:
    return link.startswith("/") and not link.startswith("//")


def _kinds(web: FlaskClient, address: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(address)
    try:
        endpoint = str(web.application.url_map.bind("localhost").match(parts.path, "GET")[0])
    except HTTPException:
        endpoint = "nowhere"
    for name in {"", *dict(parse_qsl(parts.query))}:
        yield endpoint, name


class _Reader(HTMLParser):
    """Reads links and forms into a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: Form | None = None
        self._named: dict[str, Form] = {}  # by id
        self._elsewhere: list[tuple[str, str, dict[str, str]]] = []  # id of the form, tag, attributes
        self._select = ""  # name of the open select element
        self._selects_for = ""  # id of the form that it is tied to

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self._page.links.append(urljoin(self._page.address, values["href"]))
        elif tag in {"img", "script", "link"}:
            source = values.get("src") or values.get("href")
            self._page.loaded += [urljoin(self._page.address, source)] if source else []
        elif tag == "form":
            action = urljoin(self._page.address, values.get("action", ""))
            self._form = Form(self._page.address, action, values.get("method", "get").lower())
            self._page.forms.append(self._form)
            self._named[values.get("id", "")] = self._form
        elif owner := values.get("form", self._selects_for if tag == "option" else ""):
            self._elsewhere.append((owner, tag, values))  # the form may follow
            self._selects_for = owner if tag in {"select", "option"} else ""
        elif self._form is not None:
            self._control(self._form, tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = self._selects_for = ""

    def close(self) -> None:
        super().close()
        for owner, tag, values in self._elsewhere:
            if owner in self._named:
                self._control(self._named[owner], tag, values)

    def _control(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name, kind = values.get("name", ""), values.get("type", "text")
        if tag == "option":
            self._option(form, values)
        elif tag == "select":
            self._select = name
        elif tag == "button" and name:
            form.buttons.append((name, values.get("value", "")))
        elif kind == "file":
            form.files.append(name)
        elif tag in {"input", "textarea"} and name and (kind not in {"checkbox", "radio"} or "checked" in values):
            form.fields.append((name, values.get("value", "")))

    def _option(self, form: Form, values: dict[str, str]) -> None:
        """Read an option: the first one counts, unless another is selected."""
        is_first = self._select not in dict(form.fields)
        if self._select and (is_first or "selected" in values):
            form.fields = [field for field in form.fields if field[0] != self._select]
            form.fields.append((self._select, values.get("value", "")))
