"""Cross-site scripting: no text of the shop, of a request or of our servers runs in a browser.

The browser ignores the content security policy, so that escaping alone has to hold; a second visit respects it, and the
policy must have had nothing to refuse.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from search.parameters import SearchParameters
from tests.attacks.conftest import Visit
from tests.attacks.hostile_shop import MARK, HostileShop, address_payload, payload
from tests.forms import csrf_token

_PATIENCE_MS = 120_000
# What only markup that broke out can have made: our pages have none of it.
_FOREIGN = """() => [...document.querySelectorAll("*")].flatMap((element) => [
  ...[...element.attributes].filter(({ name, value }) => name.startsWith("on") || name === "srcdoc"
    || (/^(href|src|action|formaction|xlink:href)$/.test(name) && /^[\\s\\0]*(javascript|data:text)/i.test(value))
  ).map(({ name }) => `${element.tagName} ${name}`),
  ...(element.matches("script:not([src^='/static/'], [type='application/ld+json']), iframe, object, embed, base, "
    + "meta[http-equiv], style") ? [element.tagName] : []),
])"""


@pytest.fixture(scope="module")
def address(hostile: HostileShop) -> Iterator[str]:
    """Serve the hostile shop."""
    server = make_server("127.0.0.1", 0, hostile.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


class Victim:
    """A visitor with a browser, and what ran in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.struck: list[str] = []
        self.complaints: list[str] = []
        context.set_default_timeout(_PATIENCE_MS)
        context.expose_function(MARK, self._strike)
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))

    def _strike(self, place: str) -> None:
        self.struck.append(place)

    def check(self) -> None:
        """Check the page that is shown."""
        assert not self.page.evaluate(_FOREIGN), self.page.url
        assert not self.struck, self.page.url


@pytest.fixture
def victim(browser: Browser, address: str, member: Visit) -> Iterator[Callable[..., Victim]]:
    """Return a function that opens a browser for a member of staff who also shops."""
    contexts = []

    def opened(**options: bool) -> Victim:
        context = browser.new_context(base_url=address, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        cookie = member.web.get_cookie("shop")
        assert cookie
        context.add_cookies([{"name": "shop", "value": cookie.value, "url": address}])
        contexts.append(context)
        return Victim(context)

    yield opened
    for context in contexts:
        context.close()


def test_the_payload_strikes_where_nothing_is_escaped(victim: Callable[..., Victim]) -> None:
    it = victim(bypass_csp=True)
    it.page.goto("/livez")
    it.page.set_content(f'<title>{payload("title")}</title><input value="{payload("value")}">')
    it.page.set_content(f'<a id="a" href="{address_payload("link")}">x</a>')
    it.page.click("#a")
    it.page.wait_for_function("true")
    assert {"title", "value", "link"} <= set(it.struck)
    assert it.page.evaluate(_FOREIGN)


def test_no_page_runs_what_it_shows(victim: Callable[..., Victim], member: Visit) -> None:
    it = victim(bypass_csp=True)
    shown = [page for page in member.pages if page.answer.mimetype == "text/html" and page.answer.status_code < 500]
    assert {"/ops", "/lab", "/lab/judge", "/lab/attributes", "/bag", "/your-data"} <= {
        urlsplit(page.address).path for page in shown
    }
    assert sum("&lt;svg/onload=struck" in page.answer.text for page in shown) > 20  # markup is shown as text
    for page in shown:
        it.page.goto(page.address)
        it.check()


def test_no_page_runs_what_it_shows_in_place(victim: Callable[..., Victim]) -> None:
    it = victim(bypass_csp=True)
    for address in ("/", "/search", "/products/evil-1", "/search?like=evil-1&explain=true", "/bag"):
        it.page.goto(address)
        for number in range(3):
            before = it.page.url
            if not it.page.evaluate("(n) => [...document.querySelectorAll('main a[data-swap]')][n]?.click()", number):
                it.page.wait_for_load_state("networkidle")
            it.check()
            if it.page.url != before:
                it.page.go_back()


def test_no_parameter_runs(victim: Callable[..., Victim]) -> None:
    it = victim(bypass_csp=True)
    names = [*SearchParameters.model_fields, "removed", "weight-look", "min-price", "utm_source"]
    for name in names:
        it.page.goto(f"/search?{urlencode({name: payload(name)})}")
        it.check()
    query = {"q": payload("q"), "filter": f"color:{payload('filter')}", "category": payload("c"), "like": payload("l")}
    short = {name: value[:200] for name, value in query.items()}
    for path in (
        "/",
        "/search",
        "/products/evil-1",
        "/photo",
        "/staff/login",
        f"/{payload('path')}",
        "/lab/attributes",
    ):
        it.page.goto(f"{path}?{urlencode(short | {'to': '/' + payload('to'), 'attribute': payload('attribute')})}")
        it.check()


def test_no_field_of_a_form_and_no_cookie_runs(victim: Callable[..., Victim], hostile: HostileShop) -> None:
    it, web = victim(bypass_csp=True), hostile.app.test_client()
    token = csrf_token(web.get("/photo").text)
    web.set_cookie("shop2", payload("cookie"))
    sent = {"csrf_token": token, "name": payload("name"), "box": payload("box"), "back": payload("back")}
    photo = {"image": (io.BytesIO(b"no image"), payload("file"), payload("type"))}
    for path, more in (("/photo", photo), ("/staff/login", {"password": "x"}), ("/bag", {"product_id": payload("id")})):
        answer = web.post(path, data=sent | more)
        assert answer.status_code in {400, 401, 404}
        it.page.goto("/livez")
        it.page.set_content(answer.text)
        it.check()


def test_the_policy_has_nothing_to_refuse(victim: Callable[..., Victim], member: Visit) -> None:
    it = victim()
    for path in {urlsplit(page.address).path: page for page in member.pages if page.answer.mimetype == "text/html"}:
        it.page.goto(path)
        it.check()
    assert not [line for line in it.complaints if "Content Security Policy" in line or "Refused" in line]
