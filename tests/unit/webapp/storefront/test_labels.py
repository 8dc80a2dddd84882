from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from es_mappings.facets import Refinement
from indexer.errors import SettingsError
from indexer.settings import Settings
from webapp import languages
from webapp.storefront import labels, sheet, wording

ROOT = Path(__file__).resolve().parents[4]
GERMAN = '[de.names]\nsleeve = "Ärmel"\nbrand = "Hersteller"\n[de.values]\n"long" = "lang"\n'
CHANGES = """
[orders]
dress_length = ["mini", "knee", "midi", "maxi"]

[de.values]
navy = "Marineblau"
silk = "Seide"

[de.changes]
"dress_length>" = "Länger: {value}"
"dress_length<" = "Kürzer: {value}"
"sleeve:long" = "Mit langen Ärmeln"
material = "Aus {value}"
"""


@pytest.fixture
def german(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    file, app = tmp_path / "labels.toml", Flask(__name__)
    file.write_text(getattr(request, "param", GERMAN), encoding="utf-8")
    settings = Settings(labels=file)
    languages.register(app, settings)
    labels.register(app, settings)
    with app.test_request_context("/?lang=de"):
        yield


@pytest.mark.usefixtures("german")
def test_names_and_values_are_called_what_the_file_says() -> None:
    assert [wording.label(name) for name in ("sleeve", "brand", "price", "ram_gb")] == [
        "Ärmel",
        "Hersteller",  # rather than what the shop calls it
        "Preis",
        "RAM (GB)",
    ]
    assert [wording.value_label(value) for value in ("long", "short", True)] == ["lang", "short", "Ja"]
    assert [wording.value_label(value) for value in (15.6, 16.0, 2024.0, 2024)] == ["15,6", "16", "2024", "2024"]
    assert wording.refinement_label(Refinement("sleeve", "long")) == "lang"
    assert wording.exchange_label("sleeve", "long") == "Ärmel: lang"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("german", [CHANGES], indirect=True)
def test_colors_that_no_label_names_are_translated_and_a_label_comes_first() -> None:
    assert [wording.value_label(color) for color in (*sheet._COLORS, "cerise")] == [
        "Rot",
        "Marineblau",
        "Grün",
        "Schwarz",
        "Weiß",
        "cerise",
    ]
    assert wording.exchange_label("color", "red") == "In Rot"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("german", [CHANGES], indirect=True)
@pytest.mark.parametrize(
    ("name", "value", "own", "text"),
    [
        ("dress_length", "maxi", "knee", "Länger: maxi"),
        ("dress_length", "mini", "knee", "Kürzer: mini"),
        ("dress_length", "midi", "", "Dress length: midi"),  # than what is not known
        ("sleeve", "long", "short", "Mit langen Ärmeln"),
        ("sleeve", "cap", "short", "Sleeve: cap"),
        ("material", "silk", "", "Aus Seide"),
        ("color", "navy", "red", "In Marineblau"),
    ],
)
def test_other_values_are_called_what_they_change(name: str, value: str, own: str, text: str) -> None:
    assert wording.exchange_label(name, value, own) == text


def test_other_languages_keep_the_catalogue_s_own() -> None:
    assert (wording.label("sleeve"), wording.value_label("long")) == ("Sleeve", "long")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("names = 3", "names may have the tables"),
        ("[orders]\na = 'b'", r"\[orders\] a: write such as"),
        ("orders = 3", r"\[orders\] : write such as"),
        ("[de.titles]\na = 'b'", r"\[de.names\], \[de.values\], \[de.changes\]"),
        ("[de.names]\nsleeve = 3", r"\[de.names\] sleeve: write such as"),
        ("[de.values]\nlong = ''", r"\[de.values\] long"),
        ("[de]\nnames = 'x'", r"\[de.names\] names"),
        ("[de.names", "can't be read"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "labels.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"LABELS: .*labels.toml.*{fault}"):
        labels.read(file)


def test_the_sandbox_is_labelled_in_german() -> None:
    german = labels.read(ROOT / "demo" / "labels.toml")["de"]
    assert (german.names["Dresses"], german.values["sleeveless"]) == ("Kleider", "ärmellos")
