import tracemalloc
from pathlib import Path

import pytest
from PIL import Image

from indexer.catalog.events import Upsert, parse_line
from indexer.catalog.feeds.feed import FeedOptions, open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.catalog.products import parse_product
from indexer.errors import CatalogError
from tests.feeds import EXPORTS


def _file(folder: Path, text: str, name: str = "catalog.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_how_a_file_is_read_is_said_in_one_line(tmp_path: Path) -> None:
    file = _file(tmp_path, "ID; Title \n1;Röckchen für Mädchen \N{EN DASH} 20 €\n", encoding="cp1252")
    feed = open_feed(file)
    assert feed.description == "catalog.csv: read as CSV with our names, Windows-1252, separated by ;"
    assert list(feed.products()) == [(2, {"id": "1", "title": "Röckchen für Mädchen \N{EN DASH} 20 €"})]


def test_what_a_person_says_comes_before_what_is_recognised(tmp_path: Path) -> None:
    file = _file(tmp_path, "id;title,de\n1;ä;b\n")
    options = FeedOptions(format="csv", encoding="latin-1", delimiter=",")
    ((_, product),) = open_feed(file, options).products()
    assert product == {"id;title": "1;Ã¤;b"}


def test_lists_and_attributes_of_our_csv_are_split(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        "id,title,category,attributes.sizes,attributes.screen,attributes.belted,images\n"
        "ca1,Dress,Dresses|Midi,S|M|L,15.6,true,https://127.0.0.1/a.jpg\n",
    )
    ((_, product),) = open_feed(file).products()
    assert product == {
        "id": "ca1",
        "title": "Dress",
        "category": "Dresses|Midi",
        "attributes": {"sizes": ["S", "M", "L"], "screen": "15.6", "belted": "true"},
        "images": ["https://127.0.0.1/a.jpg"],
    }


@pytest.mark.parametrize("path", ["Coats/Long coats", "Coats > Long coats", "Coats|Long coats", "Coats > Long|short"])
def test_a_category_of_our_csv_is_split_as_that_of_json(tmp_path: Path, path: str) -> None:
    ((_, product),) = open_feed(_file(tmp_path, f"id,title,category\nc1,Coat,{path}\n")).products()
    read = parse_product(product).category
    assert read == parse_product({"id": "c1", "title": "Coat", "category": path}).category
    assert len(read) == 2


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_no_catalogue(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.png"
    Image.effect_noise((32, 32), 64).save(path, kind)
    with pytest.raises(CatalogError, match=r"x\.png is no catalogue: it isn't text\. Catalogues are CSV"):
        open_feed(path)


def test_a_damaged_catalogue_is_one(tmp_path: Path) -> None:
    file = _file(tmp_path, f"id,title\n1,Dress \0\x1a\n2,{'Coat ' * 40}\n")
    assert [number for number, _ in open_feed(file).rows()] == [2, 3]
    short = _file(tmp_path, "id,title\n1,\0\x01\x02\n")
    assert [number for number, _ in open_feed(short).rows()] == [2]


def test_a_file_whose_format_is_named_is_read_whatever_it_has(tmp_path: Path) -> None:
    file = _file(tmp_path, f"id,title\n1,{chr(1) * 40}\n")
    assert [number for number, _ in open_feed(file, FeedOptions(format="csv")).rows()] == [2]


def test_a_file_of_unknown_columns_leads_to_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"its columns are ArtNr, Bezeichnung\. `lookalike feed inspect"):
        open_feed(_file(tmp_path, "ArtNr;Bezeichnung\n1;Kleid\n"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("catalog.csv", "id,title,price,image_url,stock\n1,Dress,9,https://a.example/1.jpg,0\n"),
        ("catalog.json", '[{"id": 1, "title": "Dress", "stock": 0, "image_url": "https://a.example/1.jpg"}]'),
    ],
)
def test_columns_that_are_fields_of_ours_under_other_names_lead_to_a_mapping(
    tmp_path: Path, name: str, text: str
) -> None:
    file = _file(tmp_path, text, name)
    with pytest.raises(CatalogError, match=r"column '(image_url|stock)' is not read, since ours is called.*inspect"):
        open_feed(file)
    form = Path(name).suffix[1:]
    ((_, product),) = open_feed(file, FeedOptions(format=form)).products()
    assert isinstance(product, dict)
    assert str(product["id"]) == "1"


@pytest.mark.parametrize(
    "header",
    ["id,title,weight,link", "ID,Title,Images,image_alt", "id,title,in_stock,quantity", "id,title,x,attributes.media"],
)
def test_unknown_columns_beside_ours_are_kept(tmp_path: Path, header: str) -> None:
    ((_, product),) = open_feed(_file(tmp_path, f"{header}\n1,Dress,x,y\n")).products()
    assert isinstance(product, dict)
    assert product["title"] == "Dress"


def test_a_format_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="none of shopify, shopify-json, woocommerce"):
        open_feed(_file(tmp_path, "id,title\n1,a\n"), FeedOptions(format="klingon"))


@pytest.mark.parametrize("name", ["shopify.csv", "merchant.xml", "array.json"])
def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path, name: str) -> None:
    def peak(styles: int) -> int:
        products = [
            {
                "id": f"{style}-{color}",
                "style_id": str(style),
                "color": color,
                "title": f"Dress {style}",
                "description": "Soft. " * 20,
                "category": ["Dresses"],
                "brand": "Marlowe",
                "price": 9.5,
                "images": [f"{style}.jpg"],
            }
            for style in range(styles)
            for color in ("red", "blue")
        ]
        file = tmp_path / f"{styles}-{name}"
        file.write_bytes(EXPORTS[name](products))
        del products
        feed = open_feed(file)
        tracemalloc.start()
        read = sum(1 for _ in feed.products())
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == 2 * styles
        return highest

    short, long = peak(100), peak(1_000)
    assert long < short + 500_000


def test_an_export_of_another_language_is_refused_rather_than_half_read(tmp_path: Path) -> None:
    file = _file(tmp_path, "ID,Rodzaj,SKU,Nazwa,Opublikowano,Cena\n1,simple,A,Sukienka,1,20\n")
    with pytest.raises(CatalogError, match=r"no WooCommerce export has the columns ID, Rodzaj.*Export in English"):
        open_feed(file, FeedOptions(format="woocommerce"))


@pytest.mark.parametrize(
    "images", ["https://a.example/1.jpg,https://a.example/2.jpg", "https://a.example/1.jpg|https://a.example/2.jpg"]
)
def test_a_cell_may_hold_several_images(tmp_path: Path, images: str) -> None:
    file = _file(tmp_path, f'id,title,images\n1,Dress,"{images}"\n')
    ((_, event),) = read_feed(open_feed(file), parse_line)
    assert isinstance(event, Upsert)
    assert event.product.images == ["https://a.example/1.jpg", "https://a.example/2.jpg"]
