"""The whole report at small size, on images with an obvious answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from es_mappings.layout import Vector
from evaluation import models
from evaluation.activations import ActivationCache
from evaluation.catalogues import primary_images, source_of
from evaluation.cli import main
from indexer.errors import CheckpointError
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.preparations import Prepared

HUES = {"red": (200, 30, 30), "green": (30, 160, 40), "blue": (30, 40, 200)}


class Mean:
    """Embeds an image by its mean colour."""

    dims = 3
    manifest = {"model": "mean colour"}  # noqa: RUF012
    preparation = Crop(1, 1, "box")
    seen = 0

    @property
    def model(self) -> "Mean":
        return self

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        return {"mean": np.stack([pixels[0, 0].astype(np.float32) for pixels in prepared])}

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        self.seen += len(images)
        return self.run([self.preparation(image) for image in images])["mean"]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    (tmp_path / "images").mkdir()
    lines = []
    for number in range(48):
        name, hue = list(HUES.items())[number % 3]
        shade = tuple(int(c) for c in np.clip(np.array(hue) + random.integers(-25, 26, 3), 0, 255))
        Image.new("RGB", (40, 50), shade).save(tmp_path / "images" / f"{number}.png")
        part = "fit" if number >= 24 else "measure"
        (tmp_path / "images" / f"{number}.png").rename(tmp_path / "images" / f"{part}-{number}.png")
        title = f"<b>{name}</b> {number}"
        product = {"id": f"p{number}", "title": title, "category": [name], "images": [f"images/{part}-{number}.png"]}
        lines.append(json.dumps(product))
    (tmp_path / "catalog.jsonl").write_text("\n".join(lines))
    return tmp_path / "catalog.jsonl"


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def golden(catalog: Path) -> Path:
    out = catalog.parent / "golden.jsonl"
    _run("golden", "labels", catalog, "--images", "images/measure", "--candidates", 0, "--out", out)
    return out


def test_the_whole_report(catalog: Path, golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = CheckpointError("There are no weights of <i>it</i>")
    monkeypatch.setattr(models, "vectorizers", lambda *_: iter([("mean", Mean()), ("inception_v4", away)]))
    folder = catalog.parent / "report"
    options = ["--dims", 2, "--metric", "cosine", "--metric", "manhattan", "--cache", catalog.parent / "cache"]
    output = _run("models", "--catalog", catalog, "--golden", golden, "--out", folder, *options)
    assert "inception_v4: left out: There are no weights" in output
    page, tables = (folder / "models.html").read_text(), (folder / "models.md").read_text()
    assert "24 anchors among 24 products" in tables
    assert "24 other products" in tables
    assert "| mean | pca | 2 | cosine | 1.000 (1.000-1.000) |" in tables
    assert "&lt;i&gt;it&lt;/i&gt;" in page
    assert "<i>it" not in page
    assert page.count("data:image/") == 3
    assert "<script" not in page
    for name in ("by-dimensions.png", "the-best-anchors.jpg", "the-worst-anchors.jpg"):
        with Image.open(folder / f"models-{name}") as picture:
            assert picture.width > 300


def test_activations_are_computed_once(catalog: Path) -> None:
    images = primary_images(catalog)
    cache, primary = ActivationCache(catalog.parent / "cache", source_of(catalog)), list(images.values())
    vectorizer = Mean()
    first = cache.get(vectorizer, primary[:30])
    again = cache.get(vectorizer, primary)
    assert vectorizer.seen == len({image.digest for image in primary})
    assert np.array_equal(first.of([primary[3].digest]), again.of([primary[3].digest]))
    [file] = (catalog.parent / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-50])  # truncated: computed again
    assert np.array_equal(cache.get(vectorizer, primary).of([primary[3].digest]), first.of([primary[3].digest]))


def _fails(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 1, result.output
    return result.output


def test_leakage_is_refused(catalog: Path, golden: Path) -> None:
    common: list[Any] = ["models", "--catalog", catalog, "--out", catalog.parent]
    assert "are in both parts, the fitted and the measured" in _fails(*common, "--golden", golden, "--fit-on", golden)
    everything = catalog.parent / "everything.jsonl"
    _run("golden", "labels", catalog, "--candidates", 0, "--out", everything)
    assert "leaves nothing to fit on" in _fails(*common, "--golden", everything)
    # The same image under another id, fitted on through another golden set.

    with catalog.open("a") as file:
        file.write('\n{"id": "twin", "title": "x", "images": ["images/measure-3.png"]}')
    fit_on = catalog.parent / "fit.jsonl"
    fit_on.write_text('{"anchor": "twin", "candidate": "p30", "grade": 0}\n')
    assert "p3 has the image of twin" in _fails(*common, "--golden", golden, "--fit-on", fit_on)


def test_golden_sets_are_made_split_and_imported(catalog: Path, golden: Path) -> None:
    fit, measure = catalog.parent / "a.jsonl", catalog.parent / "b.jsonl"
    split = ["golden", "split", golden, "--by", "product", "--catalog", catalog, "--fit", fit, "--measure", measure]
    assert "judgements across the two parts were dropped" in _run(*split)
    table = catalog.parent / "judged.csv"
    table.write_text("anchor,candidate,grade\np0,p3,2\n")
    _run("golden", "import", table, "--judge", "ann", "--out", fit)
    assert json.loads(fit.read_text())["judge"] == "ann"
    table.write_text("anchor,candidate,grade\np0,p3,2\np0,p0,2\n")
    assert "line 3 is no judgement" in _fails("golden", "import", table, "--out", fit)
    assert "1 judges, 0 pairs" in _run("golden", "agreement", golden)
