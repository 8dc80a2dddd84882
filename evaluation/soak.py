"""``make soak``: memory growth over a hundred thousand images through decoders and model."""

from __future__ import annotations

import io
import random
import sys
import time

import click
import psutil
from more_itertools import chunked
from PIL import Image
from rich.table import Table

from evaluation.end_to_end import BATCHES, NullStore
from indexer.cli.console import errors_in_one_line, report_console
from indexer.embedding.image_embedder import ImageEmbedder
from indexer.embedding.overlapping import map_concurrently
from indexer.images.fetching import ImageSource
from indexer.images.responses import Fetched, Validators
from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer

_SETTLED = 0.1  # share of the images after which caches and pools should be full
_ROWS = 20

console = report_console()


@click.command()
@click.option("--images", default=100_000, show_default=True, help="Number of images.")
@click.option("--model", default="mobilenetv3_small_050", show_default=True, help="A timm model, with random weights.")
@click.option("--most", default=64.0, show_default=True, help="MiB that memory may grow by after the first tenth.")
def main(*, images: int, model: str, most: float) -> None:
    """Embed many small, distinct JPEGs as a worker does, and print resident memory meanwhile.

    Exit code 1 if memory grew by more than allowed. Nothing is written.
    """
    with errors_in_one_line():
        settings = Settings.from_environment()
        grown = soak(settings, load(model, settings), images)
    console.print(f"Memory grew by {grown:.1f} MiB after the first {_SETTLED:.0%}")
    sys.exit(grown > most)


def load(model: str, settings: Settings) -> dict[str, ImageVectorizer]:
    """Return the look and style vectorizers of a model with random weights, and the color vectorizer."""
    from indexer.vectorizers import cnn
    from indexer.vectorizers.checkpoints import random_model
    from indexer.vectorizers.networks import in_runtime
    from indexer.vectorizers.presets import POOLED, Tap
    from indexer.vectorizers.taps import style_layers

    untrained = random_model(model)
    style = style_layers(untrained.module, untrained.preprocessing.size)
    taps = {"look": Tap((POOLED,)), "style": Tap(style, "statistics")}
    network = in_runtime(untrained, taps, settings, cnn.check_dims)
    return {**cnn.vectorizers(network), "color": ColorVectorizer()}


def soak(settings: Settings, vectorizers: dict[str, ImageVectorizer], count: int) -> float:
    """Embed ``count`` images; return the growth of all processes' resident memory in MiB once it had settled."""
    source = _Drawings(decoder=ImageSource.from_settings(settings).decoder)
    embed = ImageEmbedder(source, vectorizers, NullStore(), settings.batch_size)
    batches = ([f"drawn:{n}" for n in part] for part in chunked(range(count), settings.batch_size))
    table = Table("images", "images/s", "worker, MiB", "decoders, MiB")
    started, done, settled = time.perf_counter(), 0, 0.0
    every = max(count // _ROWS, 1)
    for embedded in map_concurrently(lambda batch: embed(batch, {}), batches, BATCHES):
        before, done = done, done + len(embedded)
        if before // every == done // every:
            continue
        worker, decoders = _resident()
        if done >= _SETTLED * count:
            settled = settled or worker + decoders
        row = [f"{done:,}", f"{done / (time.perf_counter() - started):,.0f}", f"{worker:,.0f}", f"{decoders:,.0f}"]
        table.add_row(*row)
        console.print(*row)
    console.print(table)
    return sum(_resident()) - settled


class _Drawings(ImageSource):
    """A source with a different small image at each address."""

    def fetch_if_changed(self, address: str, known: Validators) -> Fetched:
        """Return a drawn image."""
        del known
        return Fetched(draw(address), Validators())


def draw(name: str) -> bytes:
    """Draw a JPEG of 64 to 128 pixels that depends on its name alone."""
    chance = random.Random(name)  # noqa: S311 - an image, no secret
    coarse = Image.frombytes("RGB", (4, 4), chance.randbytes(48))
    file = io.BytesIO()
    coarse.resize((chance.randint(64, 128), chance.randint(64, 128)), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def _resident() -> tuple[float, float]:
    """Return the resident memory, in MiB, of this process and of all its decoders."""
    this = psutil.Process()
    return this.memory_info().rss / 2**20, sum(child.memory_info().rss for child in this.children()) / 2**20


if __name__ == "__main__":
    main()
