"""Every text that shoppers read is in the catalogues, and translated."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2 import Environment

from webapp import catalogues

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(path for pattern in catalogues._TEMPLATES for path in ROOT.glob(pattern))
READ_OUT = {"alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "placeholder", "title"}
NAMES = {"Lookalike"}  # the same in all languages
_BLANK = re.compile(r"%\((\w+)\)s")
_CLASSES = re.compile(r"{% block page %}.*?{% endblock %}")  # of the page's CSS
_PROSE = re.compile(r"[A-Z][a-z]+( |$)|(.* )?[a-z]{2,} [a-z]{2,}( |$)")
_MARKUP = re.compile(r"</?\w+>")


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


@pytest.mark.parametrize("code", catalogues.codes())
def test_a_catalogue_has_the_texts_of_the_code_and_translates_each(code: str) -> None:
    catalogue, texts = catalogues.read(code), catalogues.texts()
    outdated = "not up to date: run `python -m webapp.translations`, and translate what it names"
    assert {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue if message.id
    } == (texts), outdated
    assert catalogues.untranslated(catalogue) == []
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


@pytest.mark.parametrize("code", catalogues.codes())
def test_a_translation_has_the_blanks_and_the_markup_of_its_text(code: str) -> None:
    for message in catalogues.read(code):
        text = _forms(message.id)[-1]  # a singular may do without its number
        for translation in _forms(message.string) if message.id else ():
            blanks = set(_BLANK.findall(translation))
            assert blanks <= set(_BLANK.findall(text)), translation
            assert blanks | {"num", "total", "times"} >= set(_BLANK.findall(text)), translation
            assert sorted(_MARKUP.findall(translation)) == sorted(_MARKUP.findall(text)), translation


@pytest.mark.parametrize("code", catalogues.codes())
def test_a_catalogue_has_the_plural_forms_of_its_language(code: str) -> None:
    catalogue = catalogues.read(code)
    assert catalogue.num_plurals == len(Locale.parse(code, sep="-").plural_form.rules) + 1
    assert all(len(_forms(m.string)) == catalogue.num_plurals for m in catalogue if isinstance(m.id, tuple | list))


def test_an_update_keeps_translations_and_drops_what_is_no_longer_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    missing = catalogues.update("fr")
    assert set(missing) == catalogues.texts()
    catalogue = Catalog("fr")
    catalogue.add("Your bag", "Votre panier")
    catalogue.add("Never shown", "Jamais vu")
    with (tmp_path / "fr.po").open("wb") as file:
        write_po(file, catalogue, omit_header=True)
    assert "Your bag" not in catalogues.update("fr")
    updated = catalogues.read("fr")
    assert updated.get("Never shown") is None
    assert catalogues.compiled("fr").ugettext("Your bag") == "Votre panier"


class _Bare(HTMLParser):
    """Collects what a page would say that isn't the result of an expression."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        self.words += [value for name, value in attrs if name in READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._inside or self._inside[-1] not in {"script", "style"}:
            self.words.append(data)


def _bare(source: str) -> Iterator[str]:
    """Iterate over the words of a template that are in no catalogue: of its expressions, and of its markup."""
    tokens = list(Environment(autoescape=True).lex(_CLASSES.sub("", source)))
    yield from _literals([(kind, value) for _, kind, value in tokens if kind != "whitespace"])
    # An expression leaves no word, but a letter's place, in an attribute too.
    data = (value if kind == "data" else "0" for _, kind, value in tokens if kind in {"data", "variable_begin"})
    parser = _Bare()
    parser.feed("".join(data))
    for word in parser.words:
        text = " ".join(word.split()).strip(" 0,.:()-\N{EN DASH}")
        if re.search(r"[^\W\d_]{2,}", text) and text not in NAMES:
            yield text


def _literals(tokens: list[tuple[str, str]]) -> Iterator[str]:
    """Iterate over the strings that look like words, outside of calls that translate."""
    calls = [""]
    for (_, before), (kind, value) in pairwise([("", ""), *tokens]):
        if value == "(":
            calls.append(before)
        elif value == ")":
            calls.pop()
        elif kind == "string" and not {"_", "ngettext"} & set(calls) and _PROSE.match(value[1:-1]):
            yield value[1:-1]


@pytest.mark.parametrize("template", TEMPLATES, ids=[path.name for path in TEMPLATES])
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    assert list(_bare(template.read_text())) == []


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("<p>Add to bag</p>", ["Add to bag"]),
        ('<a aria-label="Remove {{ name }}">x</a>', ["Remove"]),
        ("{{ 'Liked' if liked else 'Like' }}", ["Liked", "Like"]),
        ('{% set a = "wide open" %}{{ "grid" }}', ["wide open"]),
        ('<a class="big {{ x }}" title="{{ _("Like: %(title)s", title=x|default("No")) }}">{{ _("Liked") }}</a>', []),
    ],
)
def test_bare_words_are_noticed(source: str, bare: list[str]) -> None:
    assert list(_bare(source)) == bare
