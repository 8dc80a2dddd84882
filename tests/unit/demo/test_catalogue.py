"""The sandbox shop's catalogue: determinism, faults, wording and pictures."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from demo.catalogue import is_complete, render_catalogue
from demo.catalogue.__main__ import main
from demo.catalogue.design import counts, design
from demo.catalogue.design_dress import VISUAL
from demo.catalogue.listing import catalogue_line, truth_line
from demo.catalogue.model import KINDS, Product, Value
from demo.catalogue.noise import spoil
from demo.catalogue.picture import SIZES, photograph
from demo.catalogue.prints import PATTERNS
from demo.catalogue.studio import stream
from demo.catalogue.vocabulary import CUDDLY, DOMAINS, PIECES, TOY_MATERIALS, domain

SMALL = 10
MANY = 1500


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    render_catalogue(folder, products=SMALL, seed=7, processes=1)
    return folder


@pytest.fixture(scope="module")
def many() -> list[Product]:
    return design(MANY, 7)


def test_a_seed_gives_the_same_bytes_with_any_number_of_processes(shop: Path, tmp_path: Path) -> None:
    render_catalogue(tmp_path, products=SMALL, seed=7, processes=2)
    assert _files(tmp_path) == _files(shop)


def test_another_seed_gives_other_products_and_pictures() -> None:
    first, second = design(SMALL, 7), design(SMALL, 8)
    assert [p.attributes for p in first] != [p.attributes for p in second]
    assert photograph(first[0], 7).tobytes() != photograph(first[0], 8).tobytes()


def test_detail_adds_to_the_same_picture(many: list[Product]) -> None:
    for kind in KINDS:
        product = next(product for product in many if product.kind == kind)
        plain, fine = photograph(product, 7), photograph(product, 7, detail=2)
        assert fine.size == (2 * plain.width, 2 * plain.height)
        halved = fine.resize(plain.size, Image.Resampling.BOX)
        assert _difference(plain, halved) < 0.05  # it is of the same thing
        enlarged = plain.resize(fine.size, Image.Resampling.BICUBIC)
        assert _edges(fine) > 1.2 * _edges(enlarged)  # and is no enlargement


def _edges(picture: Image.Image) -> float:
    """Return how much neighbouring pixels differ, as the mean of squares."""
    pixels = np.asarray(picture.convert("L"), np.float32)
    return float((np.diff(pixels, axis=0) ** 2).mean() + (np.diff(pixels, axis=1) ** 2).mean())


def test_a_product_does_not_depend_on_how_many_there_are(many: list[Product]) -> None:
    by_id = {p.id: p for p in many}
    assert all(by_id[p.id] == p for p in design(40, 7))


def test_counts_follow_the_shares() -> None:
    assert counts(2400) == {"dress": 960, "toy": 576, "laptop": 432, "tv": 432}
    for products in range(30):
        assert sum(counts(products).values()) == products


def test_kinds_are_mixed_and_ids_unique(many: list[Product]) -> None:
    assert len({p.id for p in many}) == MANY
    assert {p.kind for p in many[:40]} == set(KINDS)


def test_share_of_variants(many: list[Product]) -> None:
    families = Counter(p.style_id for p in many)
    assert 0.1 < sum(n for n in families.values() if n > 1) / MANY < 0.24
    for style in (s for s, n in families.items() if n > 1):
        siblings = [p for p in many if p.style_id == style]
        key = "frame_color" if siblings[0].kind == "tv" else "color"
        fixed = [{k: v for k, v in p.attributes.items() if k not in {key, "accent_color"}} for p in siblings]
        assert all(other == fixed[0] for other in fixed)


def test_shares_of_missing_and_wrong_values(many: list[Product]) -> None:
    total = missing = wrong = 0
    for product in many:
        faults = spoil(product, stream(7, product.id, "faults"))
        total += len(product.attributes)
        missing += len(faults.missing)
        wrong += len(faults.wrong)
    assert missing / total == pytest.approx(0.08, abs=0.015)
    assert wrong / total == pytest.approx(0.04, abs=0.012)


def test_truth_and_faults_give_the_published_attributes(many: list[Product]) -> None:
    for product in many:
        line, truth = catalogue_line(product, 7), truth_line(product, 7)
        assert not set(truth["missing"]) & set(truth["wrong"])
        assert all(truth["attributes"][name] != value for name, value in truth["wrong"].items())
        expected = {n: v for n, v in truth["attributes"].items() if n not in truth["missing"]} | truth["wrong"]
        assert line["attributes"] == expected
        assert set(truth["visual"]) <= set(truth["attributes"])


def test_attribute_names_and_values(many: list[Product]) -> None:
    for product in many:
        for name, value in product.attributes.items():
            assert name.isidentifier()
            assert name == name.lower()
            assert value in domain(product.kind, name, product.attributes)


def test_lines_read_like_a_shop(many: list[Product]) -> None:
    lines = [catalogue_line(product, 7) for product in many]
    assert len({line["title"] for line in lines}) > 0.9 * MANY
    for line in lines:
        text = line["title"] + line["description"]
        assert line["title"].strip()
        assert line["description"].endswith(".")
        assert "{" not in text
        assert "  " not in text
        assert len(line["category"]) >= 2
        assert line["price"] > 0
        assert line["currency"] == "EUR"
    assert sum(line["in_stock"] for line in lines) / MANY == pytest.approx(0.9, abs=0.03)


def test_expensive_materials_cost_more(many: list[Product]) -> None:
    prices: dict[str, list[float]] = {"cotton": [], "silk": []}
    for product in many:
        if product.attributes.get("material") in prices:
            prices[str(product.attributes["material"])].append(float(catalogue_line(product, 7)["price"]))
    assert np.mean(prices["silk"]) > 1.5 * np.mean(prices["cotton"])


def test_every_picture_opens_and_has_its_size(shop: Path) -> None:
    lines = _lines(shop / "catalog.jsonl")
    truth = {line["id"]: line for line in _lines(shop / "truth.jsonl")}
    assert len(lines) == len(truth) == SMALL
    for line in lines:
        assert len(line["images"]) == 1
        with Image.open(shop / line["images"][0]) as picture:
            picture.load()
            assert picture.size == SIZES[truth[line["id"]]["kind"]]
            assert picture.format == "JPEG"


def test_complete_only_with_the_same_parameters_and_all_files(shop: Path, tmp_path: Path) -> None:
    assert is_complete(shop, products=SMALL, seed=7)
    assert not is_complete(shop, products=SMALL + 1, seed=7)
    assert not is_complete(shop, products=SMALL, seed=8)
    assert not is_complete(tmp_path, products=SMALL, seed=7)


def test_an_interrupted_run_is_incomplete_and_resumes(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_catalogue(tmp_path, products=4, seed=7, processes=1, progress=stop)
    assert not (tmp_path / "catalog.jsonl").exists()
    assert not is_complete(tmp_path, products=4, seed=7)
    seen: list[tuple[int, int]] = []
    render_catalogue(tmp_path, products=4, seed=7, processes=1, progress=lambda *call: seen.append(call))
    assert seen == [(2, 4), (3, 4), (4, 4)]
    assert is_complete(tmp_path, products=4, seed=7)


def test_other_parameters_replace_the_old_catalogue(tmp_path: Path) -> None:
    render_catalogue(tmp_path, products=2, seed=7, processes=1)
    before = _files(tmp_path)
    render_catalogue(tmp_path, products=2, seed=8, processes=1)
    after = _files(tmp_path)
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)
    render_catalogue(tmp_path, products=2, seed=8, detail=2, processes=1)
    fine = _files(tmp_path)
    assert after.keys() == fine.keys()
    assert all(after[name] != fine[name] for name in after if name.endswith("jpg"))


@pytest.mark.parametrize("arguments", [{"products": 0}, {"products": 1, "processes": 0}])
def test_bad_numbers_are_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        render_catalogue(tmp_path, **arguments)  # type: ignore[arg-type]


def test_command_line_reuses_a_complete_catalogue_and_writes_a_sheet(shop: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    result = CliRunner().invoke(main, [str(shop), "--products", str(SMALL), "--detail", "1", "--sheet", str(sheet)])
    assert result.exit_code == 0, result.output
    assert "Drawing" not in result.output
    with Image.open(sheet) as picture:
        assert picture.width > 1000


def _dress() -> Product:
    attributes: dict[str, Value] = {
        "color": "navy",
        "accent_color": "ivory",
        "pattern": "floral",
        "silhouette": "A-line",
        "dress_length": "midi",
        "sleeve": "short",
        "neckline": "V-neck",
        "material": "cotton",
        "belted": False,
    }
    visual = [*VISUAL, "accent_color"]
    scene: dict[str, Value] = {"presentation": "dress form"}
    return Product("dress-00001", "dress", "Silvane", "dress-00001", "Isla", attributes, visual, scene)


def _laptop() -> Product:
    attributes: dict[str, Value] = {
        "screen_size_in": 15.6,
        "bezel": "thin",
        "color": "silver",
        "keyboard_color": "black",
        "keyboard_backlight": "none",
        "numeric_keypad": False,
        "form_factor": "clamshell",
    }
    scene: dict[str, Value] = {"wallpaper": "dunes"}
    return Product("laptop-00001", "laptop", "Kestrel", "laptop-00001", "Aero", attributes, list(attributes), scene)


def _tv() -> Product:
    attributes: dict[str, Value] = {
        "screen_size_in": 55,
        "bezel": "medium",
        "stand": "two feet",
        "frame_color": "black",
    }
    scene: dict[str, Value] = {"wallpaper": "ocean"}
    return Product("tv-00001", "tv", "Halden", "tv-00001", "Vista", attributes, list(attributes), scene)


def _toy(toy_type: str = "robot", material: str = "plastic", **more: Value) -> Product:
    attributes: dict[str, Value] = {"toy_type": toy_type, "color": "honey", "material": material, **more}
    if toy_type not in CUDDLY:
        attributes["color"] = "ocean"
    visual = ["toy_type", "color", "material", "pieces"]
    return Product("toy-00001", "toy", "Zuzu Play", "toy-00001", "Pip", attributes, visual, {"mirrored": False})


def _changes() -> Iterator[tuple[Product, str, Value]]:
    """Yield other values of each visual attribute: every second of a long list, every sixth colour."""
    for product in (_dress(), _laptop(), _tv()):
        for name in product.visual:
            values = [v for v in DOMAINS[product.kind][name] if v != product.attributes[name]]
            for value in values[:: 6 if len(values) > 9 else 2 if len(values) > 5 else 1]:
                yield product, name, value
    for color in list(DOMAINS["toy"]["color"])[::3]:
        yield _toy(), "color", color
    yield _toy(), "material", "wood"
    yield _toy("dinosaur"), "material", "plush"
    yield _toy("teddy bear", "plush"), "color", "cream"
    for toy_type, pieces in PIECES.items():
        for count in pieces[1:]:
            yield _toy(toy_type, pieces=pieces[0]), "pieces", count


def _difference(first: Image.Image, second: Image.Image) -> float:
    """Return the share of pixels that differ by more than a tenth of the range in some channel."""
    gap = np.abs(np.asarray(first, dtype=np.int16) - np.asarray(second, dtype=np.int16)).max(axis=2)
    return float((gap > 25).mean())


def test_every_visual_value_changes_the_picture() -> None:
    plain: dict[str, Image.Image] = {}
    invisible = []
    for product, name, value in _changes():
        key = f"{product.kind} {sorted(product.attributes.items(), key=str)}"
        if key not in plain:
            plain[key] = photograph(product, 7)
        changed = photograph(replace(product, attributes={**product.attributes, name: value}), 7)
        if _difference(plain[key], changed) < 0.003:
            invisible.append((product.kind, name, value))
    assert not invisible


def test_every_type_of_toy_has_its_own_picture() -> None:
    pictures = []
    for toy_type in DOMAINS["toy"]["toy_type"]:
        material = TOY_MATERIALS.get(str(toy_type), ("wood",))[0]
        more: dict[str, Value] = {"pieces": PIECES[str(toy_type)][0]} if toy_type in PIECES else {}
        pictures.append(photograph(_toy(str(toy_type), material, **more), 7))
    for i, first in enumerate(pictures):
        assert all(_difference(first, second) > 0.03 for second in pictures[i + 1 :])


def test_every_pattern_has_a_tile() -> None:
    assert set(DOMAINS["dress"]["pattern"]) == set(PATTERNS)
