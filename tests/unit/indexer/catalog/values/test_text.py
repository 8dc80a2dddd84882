import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalog.values.changes import Changes
from indexer.catalog.values.text import as_text, cut, plain_text, read_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("un<b>believ</b>able", "unbelievable"),
        ("<p>Soft.</p><p>Warm.</p>", "Soft.\nWarm."),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("Caf&eacute; &amp; Bar&nbsp;&#8364;", "Café & Bar €"),
        ("&lt;p&gt;Hi&lt;/p&gt;", "Hi"),
        ("&amp;lt;p&amp;gt;Hi&amp;lt;/p&amp;gt;", "Hi"),
        ("<script>alert(1)</script><style>p {}</style>Dress", "Dress"),
        ("<!-- hidden -->Dress", "Dress"),
        ("<![CDATA[A <b>dress</b>]]>", "A dress"),
        ("Dress <a href=", "Dress"),  # cut in the middle of a tag
        # No markup at all:
        ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
        ("size <M and >L", "size <M and >L"),
        ("I <3 AT&T", "I <3 AT&T"),
        ("line one\nline two", "line one\nline two"),
    ],
)
def test_text_is_what_a_browser_shows(text: str, plain: str) -> None:
    assert plain_text(text) == plain


MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<script>", "</script>", "<b", "&lt;", "&amp;", "&#60;", "<", ">", "a", " ", "<!--"]
    )
)


@given(st.one_of(MARKUP.map("".join), st.text()))
def test_no_tag_is_left_and_reading_again_changes_nothing(text: str) -> None:
    plain = plain_text(text)
    assert "<script" not in plain
    assert "<p>" not in plain
    assert plain_text(plain) == plain


def test_text_is_cut_at_a_word() -> None:
    assert cut("one two three", 13) == "one two three"
    assert cut("one two three", 9) == "one two…"
    assert cut("one incomprehensible", 12) == "one incompr…"
    assert cut("x" * 20, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "text"), [(5001, "5001"), (5001.0, "5001"), (1.5, "1.5"), (True, True), ("a", "a"), (None, None)]
)
def test_numbers_are_text(value: object, text: object) -> None:
    assert as_text(value) == text


def test_what_was_changed_is_noted_by_rule() -> None:
    changes = Changes()
    assert read_text("<b>Tea</b>\x00\ud800 for\n two", "title", 8, changes) == "Tea\N{REPLACEMENT CHARACTER} fo…"
    assert [change.rule for change in changes] == ["control characters removed", "HTML turned into text", "text cut"]
    assert {change.field for change in changes} == {"title"}
