"""``make bench-embedding``: images a second that are decoded, go through the model, and go the whole way."""

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
from PIL import Image
from rich.table import Table

from evaluation.end_to_end import BATCHES, Indexed, Unindexed, WholeWay
from indexer.cli.console import errors_in_one_line, report_console
from indexer.embedding.image_embedder import FETCHERS, LEAST_SIDE
from indexer.embedding.pipeline import image_source
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer, models_of
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.presets import PRESETS

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

console = report_console()


class Speeds(NamedTuple):
    """Images a second of one model."""

    model: str
    runtime: str
    decode: float
    prepare: float  # decoding and all that is made of a picture
    infer: float
    whole: float
    grown: float  # MiB of memory while images went the whole way

    @property
    def slower(self) -> float:
        """What the whole way could do at most if its stages had cores of their own."""
        # Whole pictures are more to bring back than what is prepared of them, so that either may be the quicker.
        return min(max(self.decode, self.prepare), self.infer)

    @property
    def shared(self) -> float:
        """What it could do at most where preparing and inference share the cores, and nothing else wants any."""
        return 1 / (1 / self.prepare + 1 / self.infer)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=1_000, show_default=True, help="Images that are measured.")
@click.option(
    "--warm-up", default=8_000, show_default=True, help="Images before them: Elasticsearch compiles itself meanwhile."
)
@click.option("--elasticsearch/--no-elasticsearch", default=True, help="Whether the whole way ends in Elasticsearch.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    type=click.Choice(list(PRESETS)),
    help="Measure this one with random weights, as quick as its own; repeatable. Without it: the model of LOOK_MODEL.",
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
        wanted = addresses(folder, count, again=not elasticsearch)
        for place, one in enumerate(_settings(settings, presets, Path(stack.enter_context(TemporaryDirectory())))):
            if elasticsearch and place == 0:
                _warm_up(one, addresses(folder, warm_up, again=False), warm_up)
            console.print(_table(measure(one, wanted, elasticsearch=elasticsearch)))


def addresses(folder: Path, count: int, *, again: bool) -> list[str]:
    """Return the URLs of a folder's images, up to ``count``, or again and again until there are as many.

    A store that keeps activations has them of an image that comes again, so that it must not.
    """
    found = sorted(path.resolve().as_uri() for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise click.ClickException(f"There is no image in {folder}")
    return list(islice(cycle(found) if again else found, count))


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


def _warm_up(settings: Settings, wanted: Sequence[str], count: int) -> None:
    """Send images the whole way, the same ones again into another index, until there were as many."""
    console.print(f"{count:,} images go the whole way first: Elasticsearch compiles itself meanwhile")
    while count > 0:
        way = Indexed(settings)
        try:
            way(way.load(wanted[:count]))
        finally:
            way.close()
        count -= len(wanted)


def measure(settings: Settings, wanted: Sequence[str], *, elasticsearch: bool) -> Speeds:
    """Measure the stages of a model and the whole; the first batch of images warms up, and fits the vector space."""
    from indexer.vectorizers.cnn import load_cnn

    if len(wanted) <= settings.batch_size:
        raise click.ClickException(
            f"There are {len(wanted)} images; more than BATCH_SIZE, {settings.batch_size}, are needed"
        )
    source, cnn = image_source(settings), load_cnn(settings)
    vectorizers: dict[str, ImageVectorizer] = {**cnn, "color": ColorVectorizer()}
    model, size = cnn["look"].model, settings.batch_size
    prepared = list(islice(cycle([model.preparation(i) for i in _decode(source, wanted[:256])]), len(wanted)))
    model.run(prepared[:size])  # what is done once stays out of the figures
    preparations = tuple(model.preparation for model in models_of(vectorizers.values()))
    decode = _speed(len(wanted), lambda: deque(_decode(source, wanted), maxlen=0))
    prepare = _speed(len(wanted), lambda: _prepare(source, wanted, preparations))
    infer = _speed(len(wanted), lambda: _infer(model.run, prepared, size))
    whole: WholeWay = Indexed(settings) if elasticsearch else Unindexed(settings, source, vectorizers)
    try:
        ids = whole.load(wanted)
        whole(ids[:size])
        resident = psutil.Process().memory_info().rss
        speed = _speed(len(ids) - size, lambda: whole(ids[size:]))
        grown = (psutil.Process().memory_info().rss - resident) / 2**20
    finally:
        whole.close()
    return Speeds(settings.look_model, model.runtime.name, decode, prepare, infer, speed, grown)


def _decode(source: ImageSource, wanted: Sequence[str]) -> Iterator[Image.Image]:
    with ThreadPoolExecutor(FETCHERS) as threads:
        yield from threads.map(lambda a: source.decoder.decode(source.fetch(a), least_side=LEAST_SIDE), wanted)


def _prepare(source: ImageSource, wanted: Sequence[str], preparations: tuple[Preparation, ...]) -> None:
    def prepare(address: str) -> None:
        source.decoder.prepare(source.fetch(address), preparations, least_side=LEAST_SIDE)

    with ThreadPoolExecutor(FETCHERS) as threads:
        deque(threads.map(prepare, wanted), maxlen=0)


def _infer(run: Callable[[Sequence[Prepared]], object], prepared: Sequence[Prepared], size: int) -> None:
    batches = [prepared[start : start + size] for start in range(0, len(prepared), size)]
    with ThreadPoolExecutor(BATCHES) as threads:  # side by side as in the pipeline: no core waits between two
        deque(threads.map(run, batches), maxlen=0)


def _speed(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _table(speeds: Speeds) -> Table:
    table = Table(
        title=f"{speeds.model} in {speeds.runtime}",
        caption=f"Memory grew by {speeds.grown:.0f} MiB the whole way.",
    )
    for heading in ("", "images/s", "of the slower stage", "of both on the same cores"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, speed in (
        ("decode only", speeds.decode),
        ("decode and prepare", speeds.prepare),
        ("inference only", speeds.infer),
        ("the whole way", speeds.whole),
    ):
        table.add_row(name, f"{speed:,.1f}", f"{speed / speeds.slower:.2f}", f"{speed / speeds.shared:.2f}")
    return table


if __name__ == "__main__":
    main()
