"""``make bench-photos``: how long a shopper's photograph waits for its vectors, alone and while products are embedded.

Photographs go the way of the web process, through Redis to a worker; the shop's own pages come on top.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import click
import numpy as np
from PIL import Image

from demo.fleet import all_commands, catalogue_commands, command
from evaluation.report import Table
from evaluation.working_shop import blocks, working_shop
from indexer.cli.console import report_console
from workers.photos import embed_photo
from workers.queues.handle import Queues

_SIZE = 2_000, 1_500  # pixels of a photograph
_CORNERS = (250, 300), (1_150, 550)  # upper left ones of what it shows, each 600 by 700 pixels
_PAUSE = 0.5  # seconds on average between two photographs

console = report_console()


@click.command()
@click.option("--photographs", default=30, show_default=True, type=click.IntRange(min=2), help="As many alone.")
@click.option("--products", default=6_000, show_default=True, help="To embed meanwhile, until the last photograph.")
@click.option("--together", is_flag=True, help="Embed photographs in the worker that embeds products.")
def main(*, photographs: int, products: int, together: bool) -> None:
    """Print the milliseconds from a photograph to its vectors, alone and while products are embedded."""
    with (
        working_shop("bench-photos", _together() if together else all_commands("workers.app")) as shop,
        Queues.open(shop.settings) as queues,
    ):
        rng = np.random.default_rng(0)
        files = [_photograph(rng) for _ in range(photographs)]
        list(_times(queues, files[:10]))
        alone = list(_times(queues, files))
        shop.load("meanwhile", list(shop.products("meanwhile", products)))
        shop.index.refresh()
        before, begun = shop.done(), time.monotonic()
        loading = list(_times(queues, files))
        shop.index.refresh()
        counts, seconds = shop.index.counts(), time.monotonic() - begun
        if not counts["pending"]:
            raise click.ClickException("All products were embedded before the last photograph; give more --products")
        rate = (counts["done"] - before) / seconds
        rows = [_row("Alone", alone), _row(f"While {rate:.0f} products a second are embedded", loading)]
        console.print(Table("Milliseconds to a photograph's vectors", ["", "p50", "p95", "Max"], rows).for_terminal())


def _together() -> dict[str, list[str]]:
    """Return the workers' commands where one holds the models, for products and photographs."""
    app = "workers.app"
    embedder = command(app, "embedder", "--queues", "interactive,embedding", "--concurrency", "1")
    return {**catalogue_commands(app), "embedder": embedder}


def _photograph(rng: np.random.Generator) -> bytes:
    image, file = Image.new("RGB", _SIZE, (196, 190, 184)), io.BytesIO()
    for corner in _CORNERS:
        image.paste(blocks(rng, (600, 700)), corner)
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _times(queues: Queues, files: list[bytes]) -> Iterator[float]:
    rng = np.random.default_rng(1)
    for file in files:
        time.sleep(rng.exponential(_PAUSE))
        begun = time.perf_counter()
        embed_photo(queues, file)
        yield 1_000 * (time.perf_counter() - begun)


def _row(name: str, times: list[float]) -> list[str]:
    return [name, *(f"{value:.0f}" for value in (*np.quantile(times, (0.5, 0.95)), max(times)))]


if __name__ == "__main__":
    main(prog_name="make bench-photos")
