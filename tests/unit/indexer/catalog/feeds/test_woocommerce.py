from pathlib import Path

import pytest

from indexer.catalog.events import Delete, Event, Upsert, parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError

HEADER = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,In stock?,Sale price,Regular price,"
    "Categories,Tags,Images,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n"
)
LATE = "12,variation,TEE-S,Tee - S,1,visible,,,1,,19.00,,,https://shop.example/s.jpg,id:10,Size,S,,\n"
TEE = (
    '10,variable,TEE,Tee,1,visible,Soft.,,1,,,"Clothing, Clothing > Shirts, Sale","basic, summer",'
    '"https://shop.example/tee.jpg, https://shop.example/back.jpg",,Size,"S, M",Material,Cotton\n'
)
MEDIUM = "11,variation,TEE-M,Tee - M,1,visible,,,0,15.00,19.00,,,,TEE,Size,M,,\n"
MUG = "13,simple,,Mug,1,visible,,<b>Blue</b>,backorder,,9.00,Kitchen,,,,,,,\n"
HIDDEN = "14,simple,GONE,Gone,-1,visible,,,1,,9.00,Kitchen,,,,,,,\n"
ALONE = "15,variable,ALONE,No variation yet,1,visible,,,1,,9.00,Kitchen,,,,,,,\n"


def _events(folder: Path, text: str) -> list[tuple[int, Event | CatalogError]]:
    file = folder / "wc-product-export.csv"
    file.write_text("\ufeff" + text)
    feed = open_feed(file)
    assert feed.format is not None
    assert feed.format.name == "woocommerce"
    return list(read_feed(feed, parse_line))


def test_variations_have_what_their_product_says_whichever_comes_first(tmp_path: Path) -> None:
    events = {
        event.id: event for _, event in _events(tmp_path, HEADER + LATE + TEE + MEDIUM) if isinstance(event, Upsert)
    }
    small, medium = events["TEE-S"].product, events["TEE-M"].product
    assert set(events) == {"TEE-S", "TEE-M"}
    assert small.style_id == medium.style_id == "TEE"
    assert small.category == ["Clothing", "Shirts"]
    assert small.description == "Soft."
    assert (small.price, medium.price) == (19, 15)
    assert (small.in_stock, medium.in_stock) == (True, False)
    assert small.attributes == {"Size": "S", "Material": "Cotton", "tags": ["basic", "summer"]}
    names = ("s", "tee", "back")
    assert small.images == [f"https://shop.example/{name}.jpg" for name in names]
    assert medium.images == [f"https://shop.example/{name}.jpg" for name in names[1:]]


def test_the_deepest_category_is_found_where_arrows_are_escaped(tmp_path: Path) -> None:
    ((_, event),) = _events(tmp_path, HEADER + MUG.replace("Kitchen", '"Sale, Kitchen &gt; Mugs &amp; cups"'))
    assert isinstance(event, Upsert)
    assert event.product.category == ["Kitchen", "Mugs & cups"]


def test_simple_products_and_a_variable_one_without_variations_are_products(tmp_path: Path) -> None:
    (_, mug), (line, alone) = _events(tmp_path, HEADER + MUG + ALONE)
    assert isinstance(mug, Upsert)
    assert isinstance(alone, Upsert)
    assert (mug.id, mug.product.title, mug.product.description) == ("13", "Mug", "Blue")
    assert (line, alone.id) == (3, "ALONE")


def test_what_is_not_published_is_deleted(tmp_path: Path) -> None:
    ((_, event),) = _events(tmp_path, HEADER + HIDDEN)
    assert isinstance(event, Delete)
    assert event.id == "GONE"


def test_a_sale_price_counts_while_it_holds(tmp_path: Path) -> None:
    header = "ID,Type,SKU,Name,Published,Date sale price starts,Date sale price ends,Sale price,Regular price\n"
    dates = [",", "2999-01-01,", ",2001-01-01 23:59:59", "2001-01-01,2999-01-01"]
    text = header + "".join(f"{n},simple,S{n},Mug,1,{cells},10,20\n" for n, cells in enumerate(dates))
    prices = [event.product.price for _, event in _events(tmp_path, text) if isinstance(event, Upsert)]
    assert prices == [10, 20, 20, 10]


GERMAN = (
    "ID,Typ,Artikelnummer,Name,Veröffentlicht,Ist hervorgehoben?,Sichtbarkeit im Katalog,Kurzbeschreibung,Beschreibung,"
    '"Datum, an dem Angebotspreis beginnt","Datum, an dem Angebotspreis endet",Vorrätig?,Angebotspreis,Regulärer Preis,'
    "Kategorien,Schlagwörter,Bilder,Übergeordnetes Produkt,Marken,Attribut 1 Name,Attribut 1 Wert(e)"
)
FRENCH = (  # with the spaces and the apostrophe of French typesetting
    "ID,Type,UGS,Nom,Publié,Mis en avant\u202f?,Visibilité dans le catalogue,Description courte,Description,"
    "Date de début de promo,Date de fin de promo,En stock\u00a0?,Tarif promo,Tarif régulier,"
    "Catégories,Étiquettes,Images,Parent,Brands,Nom de l\u2019attribut 1,Valeur(s) de l\u2019attribut 1 "
)
SPANISH = (
    "ID,Tipo,SKU,Nombre,Publicado,¿Está destacado?,Visibilidad en el catálogo,Descripción corta,Descripción,"
    "Día en que empieza el precio rebajado,Día en que termina el precio rebajado,¿Existencias?,Precio rebajado,"
    "Precio normal,Categorías,Etiquetas,Imágenes,Superior,Marcas,Nombre del atributo 1,Valor(es) del atributo 1"
)
ITALIAN = (
    "ID,Tipo,SKU,Nome,Pubblicato,In primo piano?,Visibilità nel catalogo,Breve descrizione,Descrizione,"
    "Data di partenza del prezzo in saldo,Data in cui termina l'offerta,In stock?,Prezzo in offerta,Prezzo di listino,"
    "Categorie,Tag,Immagine,Genitore,Marchi,Nome dell'attributo 1,Valore dell'attributo 1"
)
DUTCH = (
    "ID,Type,Artikelnummer,Naam,Gepubliceerd,Uitgelicht?,Zichtbaarheid in catalogus,Korte omschrijving,Beschrijving,"
    "Startdatum actieprijs,Einddatum actieprijs,Op voorraad?,Actieprijs,Reguliere prijs,"
    "Categorieën,Tags,Afbeeldingen,Hoofd,Merken,Naam eigenschap 1,Waarde eigenschap 1"
)
SHIRT = (  # a variation, its product, and one that is hidden from the catalogue; types stay English
    '2,variation,HEMD-S,Hemd,1,0,visible,,,,2001-01-01,0,"9,50","19,90",,,https://shop.example/s.jpg,HEMD,,Farbe,rot\n'
    '1,variable,HEMD,Hemd,1,0,visible,,Weich.,,,1,,,"Damen, Damen > Hemden",leicht,https://shop.example/1.jpg,,Marlowe,'
    'Farbe,"rot, blau"\n'
    "3,simple,WEG,Weg,1,0,hidden,,,,,1,,5,,,,,,,\n"
)


@pytest.mark.parametrize("header", [GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH])
def test_an_export_in_another_language_is_read(tmp_path: Path, header: str) -> None:
    (_, shirt), (_, hidden) = _events(tmp_path, f"{header}\n{SHIRT}")
    assert isinstance(shirt, Upsert)
    product = shirt.product
    assert (product.id, product.style_id, product.title, product.description) == ("HEMD-S", "HEMD", "Hemd", "Weich.")
    assert (product.price, product.in_stock, product.brand) == (19.9, False, "Marlowe")  # the sale has ended
    assert product.category == ["Damen", "Hemden"]
    assert product.attributes == {"Farbe": "rot", "tags": ["leicht"]}
    assert product.images == ["https://shop.example/s.jpg", "https://shop.example/1.jpg"]
    assert isinstance(hidden, Delete)
    assert hidden.id == "WEG"


def test_new_lines_that_are_written_as_backslash_n_are_new_lines(tmp_path: Path) -> None:
    header = "ID,Type,SKU,Name,Published,Short description,Description\n"
    text = r"1,simple,M1,Mug,1,,Blue.\nWrites \\n for a new line." + "\n" + r"2,simple,M2,Mug,1,Red.\nBig.," + "\n"
    texts = [event.product.description for _, event in _events(tmp_path, header + text) if isinstance(event, Upsert)]
    assert texts == ["Blue.\nWrites \\n for a new line.", "Red.\nBig."]
