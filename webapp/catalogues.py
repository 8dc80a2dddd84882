"""The catalogues of the storefront's texts (gettext): found in the code, translated in ``translations/CODE.po``."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations

FOLDER = Path(__file__).parent / "translations"

_ROOT = Path(__file__).parents[1]
_PYTHON = ("webapp/**/*.py", "search/notices.py")
_TEMPLATES = ("webapp/templates/*.html", "webapp/templates/storefront/*.html")  # staff pages are in English
_KEYWORDS = {"_": None, "gettext": None, "marked": None, "ngettext": (1, 2)}
_WIDTH = 120

Text = str | tuple[str, ...]
"""A text in English; singular and plural of one that depends on a number."""


def codes() -> list[str]:
    """Return the languages that there is a catalogue of."""
    return sorted(path.stem for path in FOLDER.glob("*.po"))


def read(code: str) -> Catalog:
    """Read the catalogue of a language."""
    with _path(code).open("rb") as file:
        return read_po(file, locale=code)


def compiled(code: str) -> Translations:
    """Compile the catalogue of a language, in memory."""
    file = BytesIO()
    write_mo(file, read(code))
    file.seek(0)
    return Translations(file)


def texts() -> set[Text]:
    """Return the texts that the code shows."""
    return set(_extracted())


def update(code: str) -> list[Text]:
    """Bring a catalogue up to date, and return the texts that have no translation yet."""
    known = read(code) if _path(code).exists() else Catalog(code)
    catalogue = Catalog(code)
    for text in sorted(texts(), key=str):
        same = known.get(text if isinstance(text, str) else text[0])
        catalogue.add(text, same.string if same and same.id == text else "")
    with _path(code).open("wb") as file:
        write_po(file, catalogue, width=_WIDTH, no_location=True, omit_header=True)
    return untranslated(catalogue)


def untranslated(catalogue: Catalog) -> list[Text]:
    """Return the texts of a catalogue without a translation, or without all of its plural forms."""
    empty = (m for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string))
    return [m.id if isinstance(m.id, str) else tuple(m.id) for m in empty]


def _path(code: str) -> Path:
    return FOLDER / f"{code}.po"


def _extracted() -> Iterator[Text]:
    for method, patterns in (("python", _PYTHON), ("jinja2", _TEMPLATES)):
        for pattern in patterns:
            for path in _ROOT.glob(pattern):
                # Silent, Jinja's extension would leave out a template that it can't read.
                options = {"silent": "false", "trimmed": "true"} if method == "jinja2" else {}
                yield from (m[1] for m in extract_from_file(method, path, keywords=_KEYWORDS, options=options))
