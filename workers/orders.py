"""``lookalike orders FILE``: count what was ordered together, from a shop's past orders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import click

from indexer.cli.console import errors_in_one_line
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from workers.queues.co_purchases import MAX_PRODUCTS
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues

_CHUNK = 500  # orders
_MAX_ID = 512  # bytes


@click.command
@click.argument("orders", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--anew", is_flag=True, help="Forget what was counted before, such as the same orders.")
def main(orders: Path, *, anew: bool) -> None:
    """Count the orders of ORDERS: one a line, a JSON list of the products' ids, such as ["A-1", "B-7"].

    Products that the shop doesn't have are left out.
    """
    settings, counted, unknown = Settings.from_environment(), 0, 0
    lines = read_orders(orders)
    with errors_in_one_line(), Queues.open(settings, COMMAND) as queues:
        if anew:
            queues.co_purchases.forget()
        index = ProductIndex.open(settings)
        while chunk := list(islice(lines, _CHUNK)):
            categories = _categories(index, {product for order in chunk for product in order})
            known = [{i: categories[i] for i in order if i in categories} for order in chunk]
            queues.co_purchases.add(order for order in known if order)
            counted += sum(map(bool, known))
            unknown += sum(len(order) for order in chunk) - sum(map(len, known))
    click.echo(f"{counted:,} orders counted; {unknown:,} products that the shop doesn't have left out")


def read_orders(path: Path) -> Iterator[list[str]]:
    """Yield the products of each order of a file.

    Raises
    ------
    click.ClickException
        A line isn't an order; the message names it.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _order(line, f"{path.name}, line {number}")


def _order(line: str, where: str) -> list[str]:
    try:
        order = json.loads(line)
    except (ValueError, RecursionError):
        order = None
    if not isinstance(order, list) or not all(isinstance(i, str) and 0 < len(i.encode()) <= _MAX_ID for i in order):
        raise click.ClickException(f'{where}: must be a JSON list of product ids, such as ["A-1", "B-7"]')
    ids = list(dict.fromkeys(order))
    if len(ids) > MAX_PRODUCTS:
        raise click.ClickException(
            f"{where}: has {len(ids)} products; an order of more than {MAX_PRODUCTS} says little"
        )
    return ids


def _categories(index: ProductIndex, ids: set[str]) -> Mapping[str, str]:
    """Return the path of each known product's narrowest category, empty for a product without one."""
    products = index.products(sorted(ids))
    return {i: (product.get("category_path") or [""])[-1] for i, product in products.items()}


if __name__ == "__main__":
    main(prog_name="python -m workers.orders")
