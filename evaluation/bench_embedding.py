"""``make bench-embedding``: images a second that are decoded, go through the model, and go the whole way."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click
import psutil
from PIL import Image
from rich.table import Table

from es_mappings.layout import Vector
from indexer.catalog import Product
from indexer.console import errors_in_one_line, report_console
from indexer.decoders.preparations import Preparation, Prepared
from indexer.elastic import connect
from indexer.embedder import FETCHERS, LEAST_SIDE, ImageEmbedder
from indexer.events import Upsert
from indexer.images import ImageSource
from indexer.pipeline import image_source
from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer, models_of
from indexer.vectorizers.color import ColorVectorizer

if TYPE_CHECKING:
    from indexer.vectorizers.cnn import CnnModel

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
BATCHES = 4  # side by side, as the pipeline takes them

console = report_console()


class Forgetful:
    """A store that keeps nothing: the whole way, but for Elasticsearch."""

    def get(self, digests: Sequence[str]) -> dict[str, Vector]:
        """Find nothing."""
        del digests
        return {}

    def put(self, activations: Mapping[str, Vector]) -> dict[str, Vector]:
        """Keep nothing."""
        return dict(activations)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=1_000, show_default=True, help="Images.")
@click.option("--elasticsearch/--no-elasticsearch", default=True, help="Whether the whole way ends in Elasticsearch.")
def main(folder: Path, *, count: int, elasticsearch: bool) -> None:
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
        measure(settings, addresses(folder, count, again=not elasticsearch), elasticsearch=elasticsearch)


def addresses(folder: Path, count: int, *, again: bool) -> list[str]:
    """Give the URLs of a folder's images, up to ``count``, or again and again until there are as many.

    A store that keeps activations has them of an image that comes again, so that it must not.
    """
    found = sorted(path.resolve().as_uri() for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise click.ClickException(f"There is no image in {folder}")
    return [found[i % len(found)] for i in range(count)] if again else found[:count]


def measure(settings: Settings, wanted: Sequence[str], *, elasticsearch: bool) -> None:
    """Measure the stages and the whole, and print them side by side."""
    if len(wanted) <= settings.batch_size:
        raise click.ClickException(
            f"There are {len(wanted)} images; more than BATCH_SIZE, {settings.batch_size}, are needed"
        )
    source = image_source(settings)
    vectorizers, cnn = _image_vectorizers(settings)
    prepared = [cnn.preparation(image) for image in _decode(source, wanted[:256])]
    prepared *= -(-len(wanted) // len(prepared))
    cnn.run(prepared[: settings.batch_size])  # what is done once stays out of the figures
    preparations = tuple(model.preparation for model in models_of(vectorizers.values()))
    speeds = {
        "decode only": _speed(len(wanted), lambda: [None for _ in _decode(source, wanted)]),
        "decode and prepare": _speed(len(wanted), lambda: _prepare(source, wanted, preparations)),
        "inference only": _speed(len(wanted), lambda: _infer(cnn.run, prepared[: len(wanted)], settings.batch_size)),
    }
    whole = _Indexed(settings, wanted) if elasticsearch else _Unindexed(settings, source, vectorizers, wanted)
    # Whole pictures are more to bring back than what is prepared of them, so that either may be the quicker.
    slower = min(max(speeds["decode only"], speeds["decode and prepare"]), speeds["inference only"])
    before = psutil.Process().memory_info().rss
    name = "the whole way" + ("" if elasticsearch else ", without Elasticsearch")
    speeds[name] = _speed(len(wanted) - settings.batch_size, whole)
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    console.print(_table(speeds, slower))
    console.print(f"{settings.look_model} in {cnn.runtime.name}; memory grew by {grown:.0f} MiB")


def _image_vectorizers(settings: Settings) -> tuple[dict[str, ImageVectorizer], CnnModel]:
    from indexer.vectorizers.cnn import load_cnn

    cnn = load_cnn(settings)
    return {**cnn, "color": ColorVectorizer()}, cnn["look"].model


def _decode(source: ImageSource, wanted: Sequence[str]) -> Iterator[Image.Image]:
    with ThreadPoolExecutor(FETCHERS) as threads:
        yield from threads.map(lambda a: source.decoder.decode(source.fetch(a), least_side=LEAST_SIDE), wanted)


def _prepare(source: ImageSource, wanted: Sequence[str], preparations: tuple[Preparation, ...]) -> None:
    def prepare(address: str) -> None:
        source.decoder.prepare(source.fetch(address), preparations, least_side=LEAST_SIDE)

    with ThreadPoolExecutor(FETCHERS) as threads:
        deque(threads.map(prepare, wanted), maxlen=0)


def _infer(run: Callable[[Sequence[Prepared]], object], prepared: Sequence[Prepared], size: int) -> None:
    for start in range(0, len(prepared), size):
        run(prepared[start : start + size])


def _speed(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


class _Unindexed:
    """Fetch, decode and embed, with nowhere to write. The first batch warms up."""

    def __init__(
        self,
        settings: Settings,
        source: ImageSource,
        vectorizers: Mapping[str, ImageVectorizer],
        wanted: Sequence[str],
    ) -> None:
        stores = {aspect: Forgetful() for aspect in vectorizers}
        self._embed = ImageEmbedder(source, vectorizers, stores, settings.batch_size)
        self._batches = [wanted[i : i + settings.batch_size] for i in range(0, len(wanted), settings.batch_size)]
        self._embed(self._batches.pop(0), {})

    def __call__(self) -> None:
        with ThreadPoolExecutor(BATCHES) as threads:
            for done in threads.map(lambda batch: self._embed(batch, {}), self._batches):
                del done


class _Indexed:
    """The pipeline as it runs in a worker, into an index of its own that is removed afterwards.

    The first batch warms up, and fits the vector space.
    """

    def __init__(self, settings: Settings, wanted: Sequence[str]) -> None:
        from indexer.fitting import fit_space
        from indexer.loading import apply_events
        from indexer.pipeline import Pipeline

        self._settings = settings.model_copy(update={"index_name": f"bench-{uuid4().hex[:8]}"})
        client, alias = connect(settings), self._settings.index_name
        from indexer import indices

        indices.ensure_index(client, alias)
        products = [Product(id=f"p{i}", title=f"Product {i}", images=[a]) for i, a in enumerate(wanted)]
        apply_events(client, alias, [Upsert(type="upsert", product=p) for p in products])
        self._pipeline, self._ids = Pipeline.from_settings(self._settings), [p.id for p in products]
        self._pipeline.vectorize(self._ids[: settings.batch_size])
        fit_space(client, alias, self._pipeline.vectorizers)

    def __call__(self) -> None:
        try:
            self._pipeline.vectorize(self._ids[self._settings.batch_size :])
        finally:
            client = connect(self._settings)
            found = client.indices.get(index=f"{self._settings.index_name}-*", expand_wildcards="all")
            for index in found:
                client.indices.delete(index=index)


def _table(speeds: Mapping[str, float], slower: float) -> Table:
    table = Table()
    for heading in ("", "images/s", "of the slower"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, speed in speeds.items():
        table.add_row(name, f"{speed:,.1f}", f"{speed / slower:.2f}")
    return table


if __name__ == "__main__":
    main()
