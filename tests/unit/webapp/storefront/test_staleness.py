"""Answers say how old they are."""

import pytest
from flask import Flask, Response, g

from webapp.storefront import staleness


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "less than a minute"), (59, "less than a minute"), (60, "a minute"), (150, "2 minutes")],
)
def test_the_age_in_words(seconds: float, words: str) -> None:
    g.stale_seconds = seconds
    assert staleness.stale_age() == words


def test_a_current_page_has_no_age() -> None:
    assert staleness.stale_age() == ""


@pytest.mark.parametrize(
    ("mimetype", "marked"), [("text/html", True), ("application/json", True), ("image/webp", False)]
)
def test_a_stale_answer_names_its_age_and_is_not_stored(mimetype: str, marked: bool) -> None:
    app = Flask("test")
    staleness.register(app)

    @app.get("/")
    def page() -> Response:
        g.stale_seconds = 90.6
        return Response("", mimetype=mimetype, headers={"Cache-Control": "max-age=60"})

    headers = app.test_client().get("/").headers
    assert (headers.get("Age"), headers["Cache-Control"]) == (("90", "no-store") if marked else (None, "max-age=60"))
