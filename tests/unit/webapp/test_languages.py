"""The language of a page: by its address, the visit and the browser."""

from collections.abc import Callable

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from indexer.errors import SettingsError
from indexer.settings import Settings
from tests.forms import csrf_token
from webapp import create_app, languages
from webapp.languages import gettext, ngettext

NOWHERE = {"redis_url": "redis://127.0.0.1:1/0", "elasticsearch_url": "http://127.0.0.1:1"}
GERMAN = {"Accept-Language": "de-AT,en;q=0.8"}


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(**NOWHERE))  # type: ignore[arg-type]


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.5", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr-FR,de;q=0.5,en;q=0.4", "de"),
        ("fr", "en"),
        ("de;q=0,en", "en"),
        ("*", "en"),
        ("", "en"),
        ("../../etc", "en"),
    ],
)
def test_a_page_is_in_the_first_language_of_the_browser_that_the_shop_has(
    web: FlaskClient, accepted: str, language: str
) -> None:
    page = web.get("/bag", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}" dir="ltr">' in page.text
    assert page.headers["Content-Language"] == language
    assert "Accept-Language" in page.vary
    assert ("Dein Warenkorb ist leer." in page.text) == (language == "de")


def test_an_address_names_a_language_for_the_visit(web: FlaskClient) -> None:
    named = web.get("/bag?lang=de")
    assert 'lang="de"' in named.text
    assert 'action="/search"' not in named.text  # as long as it isn't known that the cookie is kept
    assert 'href="/lists?lang=de"' in named.text
    assert '<input type="hidden" name="lang" value="de">' in named.text
    after = web.get("/bag", headers={"Accept-Language": "en"})
    assert 'lang="de"' in after.text
    assert "lang=de" not in after.text.replace("?lang=de", "", 1)  # only the link that chooses it
    assert 'lang="en"' in web.get("/bag?lang=en").text


def test_a_chosen_language_is_downloaded_and_erased_with_all_that_is_remembered(web: FlaskClient) -> None:
    web.get("/bag?lang=de")
    assert web.get("/your-data.json").get_json()["language"] == "de"
    token = csrf_token(web.get("/photo").text)
    web.post("/your-data/erase", data={"csrf_token": token})
    assert web.get("/your-data.json").get_json()["language"] == ""
    assert '<html lang="en"' in web.get("/bag").text


def test_without_cookies_addresses_carry_the_language(app: Flask) -> None:
    web = app.test_client(use_cookies=False)
    for _ in range(2):
        assert 'href="/lists?lang=de"' in web.get("/bag?lang=de").text
    assert '<html lang="en"' in web.get("/bag").text


@pytest.mark.parametrize("headers", [{"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-Purpose": "prefetch"}])
def test_a_language_is_not_kept_of_who_opts_out_or_has_not_seen_the_page(
    web: FlaskClient, headers: dict[str, str]
) -> None:
    assert 'lang="de"' in web.get("/bag?lang=de", headers=headers).text
    assert 'lang="en"' in web.get("/bag").text


@pytest.mark.parametrize("path", ["/robots.txt", "/static/shop.css"])
def test_what_caches_keep_for_everybody_sets_no_cookie(web: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in web.get(f"{path}?lang=de").headers


@pytest.mark.parametrize("unknown", ["fr", "DE", "xx", "", "de&lang=en", "<script>"])
def test_other_names_are_ignored_as_any_unknown_parameter_is(web: FlaskClient, unknown: str) -> None:
    page = web.get("/bag", query_string={"lang": unknown})
    assert page.status_code == 200
    assert '<html lang="en"' in page.text
    assert "<script>alert" not in page.text


def test_the_footer_offers_the_page_in_each_language(web: FlaskClient) -> None:
    page = web.get("/nowhere?like=A&like=B%26C&lang=de").text
    assert 'href="?like=A&amp;like=B%26C&amp;lang=en" lang="en" hreflang="en"' in page
    assert 'lang="de" hreflang="de" aria-current="true"' in page
    assert ">English<" in page
    assert ">Deutsch<" in page


def test_pages_and_files_that_name_no_language(app: Flask) -> None:
    with app.test_request_context("/bag?lang=de"):
        app.preprocess_request()
        assert url_for("bag.show") == "/bag?lang=de"
        assert url_for("api.suggest") == "/api/suggest"
        assert "lang" not in url_for("static", filename="shop.css") + url_for("search_engines.sitemap")


def test_staff_pages_and_the_api_are_in_english(web: FlaskClient) -> None:
    for path in ("/staff/login", "/ops", "/workbench", "/lab", "/api/nothing"):
        answer = web.get(f"{path}?lang=de", headers=GERMAN, follow_redirects=True)
        assert "Deutsch" not in answer.text
        assert 'lang="de"' not in answer.text


def test_an_error_is_told_in_the_language_of_the_page_and_to_programs_in_english(web: FlaskClient) -> None:
    assert "Das gibt es hier nicht." in web.get("/nowhere", headers=GERMAN).text
    wrong = web.get("/search?sort=sideways", headers=GERMAN).text
    assert "Diese Adresse funktioniert nicht." in wrong
    assert '<p class="error-detail" lang="en" dir="auto">sort: ' in wrong
    assert web.get("/api/nowhere", headers=GERMAN).get_json()["detail"] == "There is nothing at this address."


def test_a_shop_of_one_language_offers_no_choice() -> None:
    web = create_app(Settings(**NOWHERE, page_languages=("de",))).test_client()  # type: ignore[arg-type]
    page = web.get("/bag?lang=en", headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in page
    assert "English" not in page


def test_a_language_without_a_catalogue_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="PAGE_LANGUAGES: there is no translation into 'tlh', but en, de"):
        create_app(Settings(**NOWHERE, page_languages=("en", "tlh")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("translated", "english", "german"),
    [
        (lambda: gettext("Search in %(place)s", place="<Kleider>"), "Search in <Kleider>", "In <Kleider> suchen"),
        (lambda: ngettext("%(num)s list", "%(num)s lists", 1), "1 list", "1 Liste"),
        (lambda: ngettext("%(num)s list", "%(num)s lists", 0), "0 lists", "0 Listen"),
        (lambda: ngettext("a minute", "%(num)s minutes", 1), "a minute", "einer Minute"),
        (lambda: gettext("never translated"), "never translated", "never translated"),
    ],
)
def test_texts_are_translated_and_filled_in(
    app: Flask, translated: Callable[[], str], english: str, german: str
) -> None:
    assert translated() == english
    with app.test_request_context("/bag", headers=GERMAN):
        assert translated() == german


def test_the_direction_is_that_of_the_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.test_request_context("/bag"):
        assert languages.direction() == "ltr"
        monkeypatch.setattr(languages, "current", lambda: "ar")
        assert languages.direction() == "rtl"
