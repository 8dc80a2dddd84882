"""``lookalike evaluate tastes``: measure how likes of several kinds share the first page."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from evaluation.catalogues import read_products
from evaluation.report import Table
from evaluation.shops import Shop, open_shop
from indexer.cli.console import report_console
from search.neighbourhoods import PAGE

LEAST_SHARE = 0.2  # of the first page, that each like should have
MODES = ("auto", "any", "blend")

console = report_console()


@click.command("tastes")
@click.option(
    "--catalog",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The shop's catalogue, of several top categories.",
)
@click.option("--url", help="Storefront to ask; by default one in this process, on the index that the settings name.")
@click.option("--groups", default=100, show_default=True, type=click.IntRange(min=1), help="Draws of each size.")
@click.option("--seed", default=3, show_default=True)
def command(*, catalog: Path, url: str | None, groups: int, seed: int) -> None:
    """Draw likes of two and of three kinds, and count whose products are on the first page."""
    kinds = {p.id: p.category[0] for p in read_products(catalog) if p.category}
    draw = random.Random(seed)  # noqa: S311 - no secret
    drawn = {size: [_draw(kinds, size, draw) for _ in range(groups)] for size in (2, 3)}
    rows = []
    with open_shop(url) as shop:
        for mode in MODES:
            for size, likes in drawn.items():
                least = [least_share(shop, some, mode, kinds) for some in likes]
                kept = np.mean(np.array(least) >= LEAST_SHARE)
                rows.append([f"{mode}, {size} kinds", f"{kept:.0%}", f"{min(least):.0%}", f"{np.mean(least):.0%}"])
    columns = [f"Of the first {PAGE} products", f"Each kind has {LEAST_SHARE:.0%}", "Least share", "Mean least share"]
    console.print(Table(f"Likes of several kinds, {groups} drawn", columns, rows).for_terminal())


def least_share(shop: Shop, likes: Sequence[str], mode: str, kinds: Mapping[str, str]) -> float:
    """Return the share of the first page that the kind with the fewest products has."""
    page = shop.page([*(("like", like) for like in likes), ("mode", mode), ("size", str(PAGE))])
    counts = Counter(kinds[product] for product in page.products)
    return min(counts[kinds[like]] for like in likes) / PAGE


def _draw(kinds: Mapping[str, str], size: int, draw: random.Random) -> list[str]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for product, kind in kinds.items():
        by_kind[kind].append(product)
    if len(by_kind) < size:
        raise click.BadParameter(f"its products are of fewer than {size} top categories", param_hint="--catalog")
    return [draw.choice(by_kind[kind]) for kind in draw.sample(sorted(by_kind), size)]
