"""``python -m evaluation.bench_presets``: images per second of each preset in each installed runtime."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click
import numpy as np
from rich.table import Table

from indexer.cli.console import errors_in_one_line, report_console
from indexer.vectorizers.presets import PRESETS
from indexer.vectorizers.runtimes import Name


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="How long each is measured.")
@click.option("--batch-size", default=32, show_default=True, help="Images at once.")
@click.option("--preset", "names", multiple=True, type=click.Choice(list(PRESETS)), help="Only this one; repeatable.")
@click.option(
    "--runtime", "only", multiple=True, type=click.Choice(["openvino", "onnx", "torch"]), help="Only this one."
)
def main(*, seconds: float, batch_size: int, names: Sequence[str], only: Sequence[str]) -> None:
    """Print images/s for look and style of each preset, in one pass.

    The weights are random, because speed doesn't depend on them.
    """
    from indexer.vectorizers import runtimes

    table = Table(title=f"images/s, {batch_size} at once")
    supported: list[runtimes.Name] = ["openvino", "onnx", "torch"]
    installed = [name for name in supported if runtimes.installed(name) and (not only or name in only)]
    for heading in ("Preset", "Pixels", *(runtimes.describe(name) for name in installed)):
        table.add_column(heading)
    console = report_console()
    with errors_in_one_line():
        for preset in names or PRESETS:
            speeds = [_measure(preset, runtime, batch_size, seconds) for runtime in installed]
            table.add_row(preset, str(_size(preset)), *(f"{speed:,.1f}" for speed in speeds))
            console.print(preset, *(f"{speed:,.1f}" for speed in speeds))
    console.print(table)


def _size(name: str) -> int:
    from indexer.vectorizers.architectures import build

    return build(PRESETS[name].model)[1].size[0]


def _measure(name: str, runtime: Name, batch_size: int, seconds: float) -> float:
    from indexer.vectorizers.checkpoints import random_model
    from indexer.vectorizers.runtimes import load_runtime
    from indexer.vectorizers.taps import TappedModel

    preset = PRESETS[name]
    model = random_model(preset.model)
    size = model.preprocessing.size
    tapped = TappedModel(model.module, model.preprocessing, {"look": preset.look, "style": preset.style})
    run = load_runtime(runtime, tapped, size, batch_size)
    images = list(np.random.default_rng(1).integers(0, 256, (batch_size, *size, 3), dtype=np.uint8))
    for _ in range(2):
        run(images)
    started, done = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds:
        run(images)
        done += batch_size
    return done / taken


if __name__ == "__main__":
    main()
