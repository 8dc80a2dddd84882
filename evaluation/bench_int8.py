"""``python -m evaluation.bench_int8``: what the CNN in int8 would gain on this CPU, and what its vectors would lose."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.table import Table

from es_mappings.layout import Vector
from evaluation.bench_embedding import addresses
from indexer.cli.console import errors_in_one_line, report_console
from indexer.embedding.pipeline import image_source
from indexer.settings import Settings
from indexer.vectorizers.checkpoints import load_model
from indexer.vectorizers.cnn import load as load_cnn
from indexer.vectorizers.preprocessing import LEAST_SIDE, Pixels
from indexer.vectorizers.presets import find_preset
from indexer.vectorizers.runtimes.openvino import compiled, converted
from indexer.vectorizers.taps import TappedModel

# How NNCF quantizes, by name: activations symmetrically about zero, or (mixed) by their own range.
PRESETS = {"performance": {"fast_bias_correction": True}, "mixed": {"fast_bias_correction": False}}

console = report_console()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--calibrate", default=150, show_default=True, help="Images that the ranges of numbers are read from.")
@click.option("--count", default=60, show_default=True, help="Other images that are compared.")
def main(folder: Path, *, calibrate: int, count: int) -> None:
    """Compare the model of LOOK_MODEL in int8 with float32, on the images in FOLDER."""
    with errors_in_one_line():
        settings = Settings.from_environment().model_copy(update={"image_roots": (folder.resolve(),)})
        pixels = _pixels(settings, addresses(folder, calibrate + count, repeat=False))
        network = converted(*_model(settings))
        known, others = pixels[:calibrate], pixels[calibrate:]
        expected, seconds = _run(network, others)
        console.print(f"float32: {seconds * 1e3:.1f} ms of a core for an image")
        for name in PRESETS:
            console.print(_compared(name, expected, *_run(_quantized(network, known, name), others)))


def _pixels(settings: Settings, images: Sequence[str]) -> list[Pixels]:
    source, look = image_source(settings), load_cnn(settings)["look"]
    preparations = (look.model.preparation,)
    return [source.decoder.prepare(source.fetch(i), preparations, least_side=LEAST_SIDE)[0] for i in images]


def _model(settings: Settings) -> tuple[TappedModel, tuple[int, int]]:
    preset = find_preset(settings.look_model)
    loaded = load_model(preset.model, settings.look_weights)
    taps = {"look": preset.look, "style": preset.style}
    return TappedModel(loaded.module, loaded.preprocessing, taps), loaded.preprocessing.size


def _quantized(network: Any, known: Sequence[Pixels], preset: str) -> Any:
    import nncf  # of requirements-bench.txt

    return nncf.quantize(
        network.clone(),
        nncf.Dataset(known, lambda image: image[None]),
        preset=nncf.QuantizationPreset(preset),
        subset_size=len(known),
        **PRESETS[preset],
    )


def _run(network: Any, images: Sequence[Pixels]) -> tuple[list[Vector], float]:
    """Return the activations of each tap, and the seconds of a core that an image took."""
    request = compiled(network, {"PERFORMANCE_HINT": "LATENCY"}).create_infer_request()
    request.infer({0: images[0][None]})
    began, rows = time.process_time(), []
    for image in images:
        request.infer({0: image[None]})
        rows.append([output.data.copy() for output in request.output_tensors])
    seconds = (time.process_time() - began) / len(images)
    return [np.concatenate(tap).reshape(len(images), -1) for tap in zip(*rows, strict=True)], seconds


def _compared(name: str, expected: Sequence[Vector], actual: Sequence[Vector], seconds: float) -> Table:
    table = Table(title=f"int8, {name}: {seconds * 1e3:.1f} ms of a core for an image")
    for heading in ("", "mean cosine with float32", "least"):
        table.add_column(heading)
    for aspect, some, others in zip(("look", "style"), expected, actual, strict=True):
        lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
        cosines = (some * others).sum(axis=1) / lengths
        table.add_row(aspect, f"{cosines.mean():.4f}", f"{cosines.min():.4f}")
    return table


if __name__ == "__main__":
    main()
