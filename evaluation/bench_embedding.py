"""``make bench-embedding``: images per second decoded, through the model, and end to end."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import psutil
from more_itertools import chunked
from PIL import Image
from rich.table import Table

from evaluation.end_to_end import BATCHES, EndToEnd, Indexed, Unindexed
from indexer.cli.console import errors_in_one_line, report_console
from indexer.embedding.image_embedder import FETCHERS
from indexer.embedding.pipeline import image_source
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.decoding.resampling import resampler
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.vectorizers.base import ImageModels, ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE
from indexer.vectorizers.presets import PRESETS

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

console = report_console()


class Speeds(NamedTuple):
    """Images per second of one model."""

    model: str
    runtime: str
    decode: float
    prepare: float  # decoding and preparing an image for the model
    prepare_cpu: float  # seconds of a core that this takes for an image, with fetching it
    infer: float
    end_to_end: float
    grown: float  # MiB of resident memory during the end-to-end run

    @property
    def slower(self) -> float:
        """Upper bound of end to end if each stage had cores of its own."""
        # Decoders return more bytes for an image than for its prepared inputs, so either may be quicker.
        return min(max(self.decode, self.prepare), self.infer)

    @property
    def shared(self) -> float:
        """Upper bound of end to end if preparing and inference share the cores."""
        return 1 / (1 / self.prepare + 1 / self.infer)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=1_000, show_default=True, help="Images to measure.")
@click.option(
    "--warm-up", default=8_000, show_default=True, help="Images sent first, until the JVM has compiled Elasticsearch."
)
@click.option("--elasticsearch/--no-elasticsearch", default=True, help="Whether vectors are written to Elasticsearch.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    type=click.Choice(list(PRESETS)),
    help="Measure this one with random weights; repeatable. By default the model of LOOK_MODEL.",
)
def main(folder: Path, *, count: int, warm_up: int, elasticsearch: bool, presets: Sequence[str]) -> None:
    """Measure the embedding of the images in FOLDER."""
    with errors_in_one_line(), ExitStack() as stack:
        settings = Settings.from_environment().model_copy(update={"image_roots": (folder.resolve(),)})
        if elasticsearch:
            from demo.services import start_elasticsearch

            url = os.environ.get("ELASTICSEARCH_URL")
            service = start_elasticsearch(
                Path(".data/bench/elasticsearch").resolve(), url=url, heap="2g", say=console.print
            )
            stack.callback(service.stop)
            settings = settings.model_copy(update={"elasticsearch_url": service.url})
        images = addresses(folder, count, repeat=not elasticsearch)
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        for place, preset_settings in enumerate(_settings(settings, presets, scratch)):
            if elasticsearch and place == 0:
                _warm_up(preset_settings, addresses(folder, warm_up, repeat=False), warm_up)
            console.print(_table(measure(preset_settings, images, elasticsearch=elasticsearch)))


def addresses(folder: Path, count: int, *, repeat: bool) -> list[str]:
    """Return the URLs of a folder's images, up to ``count``, repeated to make ``count`` if asked for.

    Don't repeat them with an Image Vector Store, which would answer repeated images from what it stored.
    """
    urls = sorted(path.resolve().as_uri() for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not urls:
        raise click.ClickException(f"There is no image in {folder}")
    return list(islice(cycle(urls) if repeat else urls, count))


def _settings(settings: Settings, presets: Sequence[str], scratch: Path) -> Iterator[Settings]:
    if not presets:
        yield settings
        return
    from safetensors.torch import save_model

    from indexer.vectorizers.checkpoints import random_model

    for preset in presets:
        weights = scratch / f"{preset}.safetensors"
        save_model(random_model(PRESETS[preset].model).module, str(weights))
        yield settings.model_copy(update={"look_model": preset, "look_weights": weights})


def _warm_up(settings: Settings, images: Sequence[str], count: int) -> None:
    """Index ``count`` images, repeated ones each time into another index."""
    console.print(f"Warming up with {count:,} images, until the JVM has compiled Elasticsearch")
    while count > 0:
        run = Indexed(settings)
        try:
            run(run.load(images[:count]))
        finally:
            run.close()
        count -= len(images)


def measure(settings: Settings, images: Sequence[str], *, elasticsearch: bool) -> Speeds:
    """Measure a model's stages and end to end; the first batch of images warms up and fits the vector space."""
    from indexer.vectorizers.cnn import load as load_cnn

    if len(images) <= settings.batch_size:
        raise click.ClickException(
            f"There are {len(images)} images; more than BATCH_SIZE, {settings.batch_size}, are needed"
        )
    source, cnn = image_source(settings), load_cnn(settings)
    vectorizers: dict[str, ImageVectorizer] = {**cnn, "color": ColorVectorizer()}
    model, size = cnn["look"].model, settings.batch_size
    prepared = list(islice(cycle([model.preparation(i) for i in _decode(source, images[:256])]), len(images)))
    model.run(prepared[:size])  # compiles, which shouldn't be timed
    preparations = ImageModels(vectorizers.values()).preparations
    decode = _speed(len(images), lambda: deque(_decode(source, images), maxlen=0))
    before = _cpu_seconds()
    prepare = _speed(len(images), lambda: _prepare(source, images, preparations))
    prepare_cpu = (_cpu_seconds() - before) / len(images)
    infer = _speed(len(images), lambda: _infer(model.run, prepared, size))
    run: EndToEnd = Indexed(settings) if elasticsearch else Unindexed(settings, source, vectorizers)
    try:
        ids = run.load(images)
        run(ids[:size])
        resident = psutil.Process().memory_info().rss
        speed = _speed(len(ids) - size, lambda: run(ids[size:]))
        grown = (psutil.Process().memory_info().rss - resident) / 2**20
    finally:
        run.close()
    return Speeds(settings.look_model, model.runtime.name, decode, prepare, prepare_cpu, infer, speed, grown)


def _decode(source: ImageSource, images: Sequence[str]) -> Iterator[Image.Image]:
    with ThreadPoolExecutor(FETCHERS) as threads:
        yield from threads.map(lambda a: source.decoder.decode(source.fetch(a), least_side=LEAST_SIDE), images)


def _prepare(source: ImageSource, images: Sequence[str], preparations: tuple[Preparation, ...]) -> None:
    def prepare(address: str) -> None:
        source.decoder.prepare(source.fetch(address), preparations, least_side=LEAST_SIDE)

    with ThreadPoolExecutor(FETCHERS) as threads:
        deque(threads.map(prepare, images), maxlen=0)


def _infer(run: Callable[[Sequence[Prepared]], object], prepared: Sequence[Prepared], size: int) -> None:
    with ThreadPoolExecutor(BATCHES) as threads:  # concurrent as in the pipeline, so that no core idles between two
        deque(threads.map(run, chunked(prepared, size)), maxlen=0)


def _speed(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _cpu_seconds() -> float:
    """Return the seconds of a core that this process and those that decode for it have taken."""
    processes = [psutil.Process(), *psutil.Process().children()]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _table(speeds: Speeds) -> Table:
    table = Table(
        title=f"{speeds.model} in {speeds.runtime}",
        caption=f"Preparing an image takes {speeds.prepare_cpu * 1e3:.2f} ms of a core; {resampler()} resizes. "
        f"Memory grew by {speeds.grown:.0f} MiB end to end.",
    )
    for heading in ("", "images/s", "of the slower stage", "of both on the same cores"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, speed in (
        ("decode only", speeds.decode),
        ("decode and prepare", speeds.prepare),
        ("inference only", speeds.infer),
        ("end to end", speeds.end_to_end),
    ):
        table.add_row(name, f"{speed:,.1f}", f"{speed / speeds.slower:.2f}", f"{speed / speeds.shared:.2f}")
    return table


if __name__ == "__main__":
    main()
