"""``python -m evaluation.bench_int8``: what the CNN in int8 would gain on this CPU, and what its vectors would lose."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
import openvino as ov
from rich.table import Table

from es_mappings.layout import Vector
from evaluation.bench_embedding import addresses
from evaluation.int8 import convolutions, cosines, outputs, quantized, seconds_of_a_core, sensitive_layers
from evaluation.variants import rank
from indexer.cli.console import errors_in_one_line, report_console
from indexer.embedding.pipeline import image_source
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import Run, compare, interval, per_anchor
from indexer.settings import Settings
from indexer.vectorizers.checkpoints import load_model
from indexer.vectorizers.cnn import load as load_cnn
from indexer.vectorizers.preprocessing import LEAST_SIDE, Pixels
from indexer.vectorizers.presets import find_preset
from indexer.vectorizers.runtimes.openvino import converted
from indexer.vectorizers.taps import TappedModel

Item = TypeVar("Item")

MEASURE = "ndcg@10"
PAGE = 24  # products of a page of results, for the overlap

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

console = report_console()


@click.command()
@click.argument("known", type=FOLDER)
@click.argument("measured", type=FOLDER)
@click.option("--calibrate", default=150, show_default=True, help="Images of KNOWN that the ranges are read from.")
@click.option("--count", default=400, show_default=True, help="Images of MEASURED that are compared, at most.")
@click.option("--float-layers", default=8, show_default=True, help="Most sensitive layers that stay in float32.")
def main(known: Path, measured: Path, *, calibrate: int, count: int, float_layers: int) -> None:
    """Quantize the model of LOOK_MODEL on the images in KNOWN, and compare it with float32 on those in MEASURED.

    The category of an image is the folder that it is in.
    """
    with errors_in_one_line():
        settings = Settings.from_environment()
        settings = settings.model_copy(update={"image_roots": (known.resolve(), measured.resolve())})
        images = _pixels(settings, _addresses(known, calibrate))
        chosen = _addresses(measured, count)
        others, categories = _pixels(settings, chosen), [Path(address).parent.name for address in chosen]
        model, size = _model(settings)
        network = converted(model, size)
        expected = outputs(network, others)
        aspects = [f"{aspect}: mean cosine, least" for aspect in model.taps]
        table = Table("", "ms of a core, float32 beside it", *aspects, MEASURE, f"overlap@{PAGE}")
        for name, int8 in _variants(network, images, float_layers):
            speeds = seconds_of_a_core((int8, network), others)
            table.add_row(name, _described(speeds), *_compared(expected, outputs(int8, others), categories))
        console.print(table)


def _variants(network: ov.Model, images: Sequence[Pixels], float_layers: int) -> Iterator[tuple[str, ov.Model]]:
    yield "weights of eight bits", quantized(network, images, seven_bits=False)
    yield "weights of seven bits", quantized(network, images)
    some = spread(images, 30)
    layers = sensitive_layers(network, quantized(network, some, corrected=False), some, float_layers)
    places = [convolutions(network).index(layer) for layer in layers]
    console.print(f"Convolutions that stay in float32, the most sensitive first: {', '.join(map(str, places))}")
    yield f"and {len(layers)} layers in float32", quantized(network, images, float_layers=layers)


def _compared(expected: Sequence[Vector], actual: Sequence[Vector], categories: Sequence[str]) -> Iterator[str]:
    for some, others in zip(expected, actual, strict=True):
        each = cosines(some, others)
        yield f"{each.mean():.4f}, {each.min():.4f}"
    grades = by_category(categories)
    before, after = (rank(dict(zip(grades, look, strict=True)), grades, "cosine") for look in (expected[0], actual[0]))
    scores = per_anchor(grades, before, MEASURE), per_anchor(grades, after, MEASURE)
    change = compare(*scores)
    yield f"{interval(scores[0]).mean:.3f} -> {interval(scores[1]).mean:.3f} ({change.low:+.3f} to {change.high:+.3f})"
    yield f"{overlap(before, after):.3f}"


def by_category(categories: Sequence[str]) -> Grades:
    """Return a golden set of images, named by their places, in which those of one category are relevant."""
    return {
        str(i): {str(j): int(category == other) for j, other in enumerate(categories) if j != i}
        for i, category in enumerate(categories)
    }


def overlap(before: Run, after: Run) -> float:
    """Return how much of each anchor's first page is on it in both orders, on average."""
    shared = [len({*before[a][:PAGE]} & {*after[a][:PAGE]}) / min(PAGE, len(before[a])) for a in before]
    return float(np.mean(shared))


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return up to ``count`` items from all over a sequence."""
    count = min(count, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def _addresses(folder: Path, count: int) -> list[str]:
    return spread(addresses(folder, sys.maxsize, repeat=False), count)


def _described(speeds: Sequence[float]) -> str:
    int8, float32 = speeds
    return f"{int8 * 1e3:.1f}, {float32 * 1e3:.1f} ({float32 / int8:.2f} times as quick)"


def _pixels(settings: Settings, images: Sequence[str]) -> list[Pixels]:
    source, look = image_source(settings), load_cnn(settings)["look"]
    preparations = (look.model.preparation,)
    return [source.decoder.prepare(source.fetch(i), preparations, least_side=LEAST_SIDE)[0] for i in images]


def _model(settings: Settings) -> tuple[TappedModel, tuple[int, int]]:
    preset = find_preset(settings.look_model)
    loaded = load_model(preset.model, settings.look_weights)
    taps = {"look": preset.look, "style": preset.style, "parts": preset.parts}
    taps = {aspect: tap for aspect, tap in taps.items() if tap.layers}
    return TappedModel(loaded.module, loaded.preprocessing, taps), loaded.preprocessing.size


if __name__ == "__main__":
    main()
