"""``lookalike evaluate exchanges``: measure "similar, but" by the truth about a rendered catalogue."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from evaluation.report import Table
from evaluation.shops import Shop, open_shop
from indexer.cli.console import report_console

DEPTH = 10  # products of a list that are judged
_LEAST = 20  # products that a new value needs: of fewer, the first ten leave no choice
_FOLLOWS = {"pattern": {"accent_color"}}  # attributes that change with another

console = report_console()

Product = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Of one exchange: how many of the first products have the new value, and how far they agree with the like.

    Agreement is the share of the like's other visible attributes that a product shares: of the list with the exchange,
    of the list that is only filtered by the new value, of the plain list, and of the best choice of products that have
    the new value.
    """

    has_value: float
    agrees: float
    filtered: float
    plain: float
    best: float


@click.command("exchanges")
@click.option("--truth", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="Storefront to ask; by default one in this process, on the index that the settings name.")
@click.option("--kind", default="dress", show_default=True)
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    default=["color", "sleeve", "dress_length", "pattern"],
    show_default=True,
)
@click.option("--anchors", default=60, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=5, show_default=True)
def command(*, truth: Path, url: str | None, kind: str, attributes: Sequence[str], anchors: int, seed: int) -> None:
    """Exchange attributes of drawn products, and judge the first products by what their pictures show."""
    lines = map(json.loads, truth.read_text(encoding="utf-8").splitlines())
    products = {product["id"]: product for product in lines if product["kind"] == kind}
    draw = random.Random(seed)  # noqa: S311 - no secret
    likes = draw.sample(sorted(products), min(anchors, len(products)))
    rows = []
    with open_shop(url) as shop:
        for name in attributes:
            outcomes = [outcome(shop, products, like, name, _new(products, like, name, draw)) for like in likes]
            mean = np.mean([list(vars(o).values()) for o in outcomes], axis=0)
            rows.append([name, *(f"{value:.0%}" for value in mean)])
    columns = ["Exchanged", "Has the new value", "Agrees otherwise", "Filter alone", "Plain list", "Best possible"]
    title = f"The first {DEPTH} products similar to {len(likes)} likes, but with another value"
    console.print(Table(title, columns, rows).for_terminal())


def outcome(shop: Shop, products: Mapping[str, Product], like: str, name: str, value: str) -> Outcome:
    """Exchange one attribute of a like, and judge the first products."""
    asked = [("like", like), ("size", str(DEPTH))]
    changed = [products.get(i) for i in shop.page([*asked, ("but", f"{name}:{value}")]).products]
    filtered = [products.get(i) for i in shop.page([*asked, ("filter", f"{name}:{value}")]).products]
    plain = [products.get(i) for i in shop.page(asked).products]
    possible = sorted(_agreement(products[like], p, name) for p in products.values() if _value(p, name) == value)

    def agrees(some: Sequence[Product | None]) -> float:
        return float(np.mean([_agreement(products[like], product, name) for product in some]))

    has_value = float(np.mean([p is not None and _value(p, name) == value for p in changed]))
    best = float(np.mean(possible[-DEPTH:]))
    return Outcome(has_value, agrees(changed), agrees(filtered), agrees(plain), best)


def _agreement(like: Product, product: Product | None, exchanged: str) -> float:
    if product is None:  # of another kind
        return 0.0
    others = [name for name in like["visual"] if name != exchanged and name not in _FOLLOWS.get(exchanged, set())]
    return float(np.mean([product["attributes"].get(name) == like["attributes"].get(name) for name in others]))


def _new(products: Mapping[str, Product], like: str, name: str, draw: random.Random) -> str:
    counts = Counter(_value(product, name) for product in products.values())
    others = sorted(v for v, n in counts.items() if n >= _LEAST and v not in ("", _value(products[like], name)))
    if not others:
        raise click.BadParameter(f"{name} has no other value of {_LEAST} products", param_hint="--attribute")
    return draw.choice(others)


def _value(product: Product, name: str) -> str:
    return str(product["attributes"].get(name, ""))
