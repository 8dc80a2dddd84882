import pytest

from indexer.catalog.feeds.profile import Column
from indexer.catalog.feeds.proposing import currency_mapping, propose, read_proposal


def _columns(**examples: str) -> dict[str, Column]:
    return {name: Column(1, [text]) for name, text in examples.items()}


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (
            ["ArtNr", "Bezeichnung", "Warengruppe", "Bild 1", "Bild 2", "Farbe", "Preis", "Lager", "Marke"],
            ["id", "title", "category", "images", "images", "attributes.color", "price", "in_stock", "brand"],
        ),
        (["Référence", "Nom", "Prix", "Marque"], ["id", "title", "price", "brand"]),
        (["codigo", "nombre", "precio", "imagen"], ["id", "title", "price", "images"]),
        (["sku", "name.en", "media.url"], ["id", "title", "images"]),
    ],
)
def test_names_in_four_languages_are_understood(names: list[str], fields: list[str]) -> None:
    mapping = read_proposal(propose({name: Column() for name in names}))
    assert mapping is not None
    assert list(mapping.columns.values()) == fields


def test_a_column_of_picture_addresses_is_understood_by_its_values() -> None:
    mapping = read_proposal(
        propose(_columns(sku="1", name="Mug", main="https://img.example/1.jpg;https://img.example/2.jpg"))
    )
    assert mapping is not None
    assert mapping.columns["main"] == "images"
    assert mapping.separators == {"images": ";"}


def test_what_is_not_understood_is_a_comment() -> None:
    toml = propose(_columns(**{'Quote "x"': "1", "Preis": "5"}))
    assert read_proposal(toml) is None
    assert '# "Quote \\"x\\"" = "attributes.Quote \\"x\\""' in toml
    assert '"COLUMN" = "id"' in toml
    assert '# currency = "EUR"' in toml


def test_a_known_format_is_completed() -> None:
    assert 'format = "shopify"' in currency_mapping("shopify")
