"""Amazon Berkeley Objects as a catalogue: 147,000 real products with several photographs each (CC BY 4.0).

Collins et al., "ABO: Dataset and Benchmarks for Real-World 3D Object Understanding", CVPR 2022. Downloads no more than
needed: the table of images, listing files one after the other, and 256 pixel images of the chosen products.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from demo.downloads import download, download_all
from indexer.errors import CatalogError

ADDRESS = "https://amazon-berkeley-objects.s3.us-east-1.amazonaws.com"
_LISTINGS = [f"listings/metadata/listings_{digit}.json.gz" for digit in "0123456789abcdef"]
_IMAGES = "images/metadata/images.csv.gz"
_IMAGES_PER_PRODUCT = 4
_TIMEOUT_S = 30.0
_ATTRIBUTES = ("color", "material", "pattern", "style", "fabric_type", "finish_type", "item_shape")

Progress = Callable[[str, int, int], None]  # step, done, total


def read_abo(folder: Path, products: int, *, address: str = ADDRESS, progress: Progress) -> Path:
    """Write a catalogue of the first products that have an English title and a photograph.

    An interrupted call resumes where it stopped when called again; files that exist aren't downloaded again.

    Parameters
    ----------
    folder : Path
        Folder for the downloads and the catalogue.
    products : int
        Number of products.

    Returns
    -------
    Path
        The catalogue, JSON Lines.

    Raises
    ------
    CatalogError
        A file can't be downloaded, or isn't in the expected format.
    """
    file = folder / f"catalog-{products}.jsonl"
    if file.is_file():
        return file
    with httpx.Client(base_url=address, timeout=_TIMEOUT_S, follow_redirects=True) as client:
        progress("Downloading listings", 0, 1)
        paths = _image_paths(download(client, _IMAGES, folder / _IMAGES))
        listings = _listings(client, folder, progress)
        chosen = list(itertools.islice(_usable(listings, paths), products))
        missing = _images(client, folder, chosen, progress)
    for product in chosen:
        product["images"] = [image for image in product["images"] if image not in missing]
    part = file.with_suffix(".part")
    part.write_text("".join(f"{json.dumps(product, ensure_ascii=False)}\n" for product in chosen), encoding="utf-8")
    part.replace(file)
    return file


def product_of(listing: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any] | None:
    """Return a listing as a line of a catalogue; None if it has no English title or no photograph.

    Parameters
    ----------
    paths : mapping of str to str
        Image id -> path.
    """
    title = _english(listing.get("item_name"))
    ids = dict.fromkeys([listing.get("main_image_id"), *(listing.get("other_image_id") or [])])
    images = [f"images/small/{paths[i]}" for i in ids if i in paths][:_IMAGES_PER_PRODUCT]
    if not title or not images or listing.get("main_image_id") not in paths:
        return None
    attributes = {name: value for name in _ATTRIBUTES if (value := _attribute(listing.get(name)))}
    product = {
        "id": str(listing["item_id"]),
        "title": title[:1_000],
        "description": " ".join(_all_english(listing.get("bullet_point")))[:20_000],
        "category": _category(listing),
        "attributes": attributes,
        "images": images,
        "version": 1,
    }
    return product | ({"brand": brand[:200]} if (brand := _english(listing.get("brand"))) else {})


def _listings(client: httpx.Client, folder: Path, progress: Progress) -> Iterator[Mapping[str, Any]]:
    """Yield listings file by file, downloading each file only when it is needed."""
    for number, name in enumerate(_LISTINGS):
        path = download(client, name, folder / name)
        progress("Downloading listings", number + 1, number + 1)
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for count, line in enumerate(lines, 1):
                try:
                    listing = json.loads(line)
                except ValueError as error:
                    raise CatalogError(f"{path}, line {count}: not JSON: {error}") from error
                if isinstance(listing, dict) and listing.get("item_id"):
                    yield listing


def _usable(listings: Iterator[Mapping[str, Any]], paths: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    seen = set()
    for listing in listings:  # a product sold in several countries has a listing in each
        if listing["item_id"] not in seen and (product := product_of(listing, paths)):
            seen.add(listing["item_id"])
            yield product


def _image_paths(table: Path) -> dict[str, str]:
    with gzip.open(table, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if not {"image_id", "path"} <= set(rows.fieldnames or []):
            raise CatalogError(f"{table} has no columns image_id and path")
        return {row["image_id"]: row["path"] for row in rows if _is_inside(row["path"])}


def _is_inside(path: str | None) -> bool:
    return bool(path) and not PurePosixPath(path or "/").is_absolute() and ".." not in PurePosixPath(path or "").parts


def _images(client: httpx.Client, folder: Path, products: list[dict[str, Any]], progress: Progress) -> set[str]:
    """Download the products' images; return those that the server doesn't have."""
    images = list(dict.fromkeys(image for product in products for image in product["images"]))
    done = itertools.count(1)
    files = ((image, folder / image) for image in images)
    gone = download_all(client, files, lambda: progress("Downloading images", next(done), len(images)))
    return {path.relative_to(folder).as_posix() for path in gone}


def _category(listing: Mapping[str, Any]) -> list[str]:
    """Return the shop's top category and, below it, the product type such as ``CELLULAR_PHONE_CASE`` as words."""
    kinds = listing.get("product_type") or []
    kind = str(kinds[0].get("value", "")) if kinds and isinstance(kinds[0], dict) else ""
    nodes = listing.get("node") or []
    path = str(nodes[0].get("node_name") or "") if nodes and isinstance(nodes[0], dict) else ""
    top = [part for part in path.split("/") if part and part != "Categories"][:1]
    return [name[:200] for name in (*top, kind.replace("_", " ").capitalize()) if name]


def _attribute(values: object) -> str:
    """Return an attribute's value, the data set's standardized one if there is one."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and _is_english(value) and value.get("standardized_values"):
            return str(value["standardized_values"][0])[:500].lower()
    return _english(values)[:500].lower()


def _english(values: object) -> str:
    return next(iter(_all_english(values)), "")


def _all_english(values: object) -> list[str]:
    entries = [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    return [text for value in entries if _is_english(value) and (text := str(value.get("value") or "").strip())]


def _is_english(value: Mapping[str, Any]) -> bool:
    return str(value.get("language_tag", "en")).startswith("en")
