"""``lookalike evaluate complements``: whether what goes with a product is found, in simulated order histories."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

import click

from es_mappings.co_purchases import CoPurchase
from evaluation.catalogues import read_products
from evaluation.order_histories import Complements, CountedOrders
from evaluation.report import Table
from indexer.cli.console import report_console
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.recommended import Rail

_FIRST = 12  # products of a rail
_BANDS = ((1, 9), (10, 29), (30, 99), (100, 10**9))  # orders of a product
# How pairs may be ranked; the last is `CoPurchase.affinity`.
_RANKINGS: dict[str, Callable[[CoPurchase], float]] = {
    "Count": lambda pair: pair.together,
    "Cosine": lambda pair: pair.together / (pair.orders * pair.partner_orders) ** 0.5,
    "Beyond chance, shrunk": lambda pair: pair.affinity,
}

console = report_console()


@click.command("complements")
@click.option(
    "--catalog",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The shop's catalogue, of several top categories; the index of the settings has its vectors.",
)
@click.option("--orders", default=40_000, show_default=True, type=click.IntRange(min=1), help="Orders to simulate.")
@click.option("--products", default=200, show_default=True, type=click.IntRange(min=1), help="Products asked for.")
@click.option("--seed", default=3, show_default=True)
def command(*, catalog: Path, orders: int, products: int, seed: int) -> None:
    """Simulate orders with known complements, and look for these in what the shop recommends.

    A fifth of the products is never ordered first: for those, only orders of their categories can speak.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    truth = Complements.drawn({p.id: "/".join(p.category) for p in read_products(catalog) if p.category}, draw)
    ids = sorted(truth.of)
    draw.shuffle(ids)
    counted = CountedOrders(truth.categories)
    for order in truth.orders(orders, ids[len(ids) // 5 :], draw):
        counted.add(order)
    bands = {f"{low} to {high} orders" if high < 10**9 else f"{low} or more": (low, high) for low, high in _BANDS}
    drawn = {
        name: draw.sample(found := [i for i in ids if low <= counted.orders_of(i) <= high], min(products, len(found)))
        for name, (low, high) in bands.items()
    }
    console.print(_of_rankings(drawn, truth, counted).for_terminal())
    never = [i for i in ids if not counted.orders_of(i)]
    drawn = {"never ordered": draw.sample(never, min(products, len(never)))} | drawn
    index = ProductIndex.open(Settings.from_environment())
    navigation = Navigation(index, Cursors(secrets.token_urlsafe(32)), bought=counted)
    console.print(_of_rails(drawn, truth, navigation).for_terminal())


def _of_rankings(drawn: dict[str, list[str]], truth: Complements, counted: CountedOrders) -> Table:
    """Tabulate by which ranking the known complements come first."""
    rows = []
    for name, ids in drawn.items():
        row = [f"{name} ({len(ids)})"]
        for score in _RANKINGS.values():
            found = []
            for product_id in ids:
                pairs = sorted(counted.read("product", [product_id]), key=lambda p: (-score(p), p.partner))
                found.append(recall([pair.partner for pair in pairs[: len(truth.of[product_id])]], truth, product_id))
            row.append(f"{mean(found):.2f}" if found else "-")
        rows.append(row)
    return Table("Known complements among as many pairs, by ranking", ["Product's orders", *_RANKINGS], rows)


def _of_rails(drawn: dict[str, list[str]], truth: Complements, navigation: Navigation) -> Table:
    """Tabulate what the rails have."""
    rows = []
    for name, ids in drawn.items():
        rails = {i: rail for i in ids for rail in navigation.rails.goes_with([i], [])}
        known = [recall([item.product["id"] for item in rail.items], truth, i) for i, rail in rails.items()]
        right = [_of_paired_category(rail, truth, i) for i, rail in rails.items()]
        same = sum(_is_near_copy(rail, truth, i) for i, rail in rails.items())
        similar = sum(rail.kind == "similar" for rail in rails.values())
        shares = [f"{mean(values):.2f}" if values else "-" for values in (known, right)]
        rows.append([f"{name} ({len(rails)})", *shares, str(similar), str(same)])
    columns = [
        "Product's orders",
        f"Known complements among {_FIRST}",
        "Of the paired category",
        "Only similar",
        "Copies",
    ]
    return Table("Rails of what goes with a product", columns, rows)


def recall(shown: Sequence[str], truth: Complements, product_id: str) -> float:
    """Return the share of a product's complements that are shown."""
    return len(set(truth.of[product_id]) & set(shown)) / len(truth.of[product_id])


def _of_paired_category(rail: Rail, truth: Complements, product_id: str) -> float:
    """Return the share of a rail that is of the category that its product's complements are from."""
    paired = truth.categories[truth.of[product_id][0]].partition("/")[0]
    return mean(truth.categories[item.product["id"]].partition("/")[0] == paired for item in rail.items)


def _is_near_copy(rail: Rail, truth: Complements, product_id: str) -> bool:
    """Return whether a rail of what goes with a product has anything of the product's own category."""
    own = truth.categories[product_id]
    return rail.kind == "goes_with" and any(truth.categories[item.product["id"]] == own for item in rail.items)
