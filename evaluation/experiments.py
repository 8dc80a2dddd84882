"""``lookalike evaluate experiments``: false alarms of experiments, and the visits they need, on simulated shoppers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import click
import numpy as np
from numpy.typing import NDArray

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment, Kind
from es_mappings.product import DEFAULT_WEIGHTS
from evaluation.clicks import TRUE_WEIGHTS
from evaluation.population import PAGE, Population, Shoppers, page_of
from evaluation.report import Table
from indexer.cli.console import report_console
from indexer.experiments.interleaving import team_draft
from indexer.experiments.results import ALL, Tally, judge

ACTIONS = ("clicks", "likes", "carts", "orders")
_DEEPER = {"likes": 0.3, "carts": 0.2, "orders": 0.08}
_PRODUCTS = 1_000
_DAYS = 28
_CLICKS = (0.002, 0.12)  # rarer than on a page that is looked at for similarity alone
_TRIED = {  # treatments, by how far they go from the shop's weights to the shoppers' own
    "5%": 0.05,
    "10%": 0.1,
    "20%": 0.2,
}
_MOST_VISITS = 400_000  # of an experiment that finds nothing

console = report_console()

Visits = NDArray[np.bool_]
"""Whether a visit had each of `ACTIONS`, shape ``(visits, actions)``; of an interleaving, whether it had more of each
from the treatment, and then from the control."""


Decision = Callable[[Kind, Sequence[Sequence[Tally]]], bool]
"""Whether an experiment is called anything but undecided, by its tallies at each look."""


@dataclass(frozen=True)
class Pools:
    """Simulated visits to draw experiments from: control, treatment, and both interleaved."""

    control: Visits
    treatment: Visits
    interleaved: Visits


@click.command("experiments")
@click.option("--experiments", default=1_000, show_default=True, type=click.IntRange(1), help="With nothing to find.")
@click.option("--visits", default=400, show_default=True, type=click.IntRange(50), help="A day.")
@click.option(
    "--repeats", default=200, show_default=True, type=click.IntRange(1), help="With something to find, of each."
)
@click.option("--pool", default=60_000, show_default=True, type=click.IntRange(100), help="Visits to draw from.")
@click.option("--seed", default=5, show_default=True)
def command(experiments: int, visits: int, repeats: int, pool: int, seed: int) -> None:
    """Simulate experiments that are looked at daily: with nothing to find, and with treatments of several sizes."""
    draw = np.random.default_rng(seed)
    population = Population(Shoppers(TRUE_WEIGHTS, clicks=_CLICKS, deeper=_DEEPER), _PRODUCTS, seed)
    null = pools(population, 0.0, pool, draw)
    decisions: list[tuple[str, Kind, Decision]] = [
        ("A/B, as the shop decides", "ab", verdict),
        ("Interleaving, as the shop decides", "interleaving", verdict),
        ("A/B by a z-test of clicks at 5%", "ab", z_test),
    ]
    rows = [
        [label, str(experiments), f"{alarms(null, kind, experiments, visits, draw, decided):.1%}"]
        for label, kind, decided in decisions
    ]
    title = f"False alarms in {_DAYS} days of {visits} visits, looked at daily"
    console.print(Table(title, ["Decided by", "Experiments", "Ever called different"], rows).for_terminal())
    columns = [
        "Treatment",
        "Visits with a click",
        "A/B: visits",
        "Found",
        "Interleaving: visits",
        "Found",
        "Times fewer",
    ]
    rows = [_needed(label, pools(population, step, pool, draw), repeats, draw) for label, step in _TRIED.items()]
    console.print(Table("Visits until the treatment is called better, median", columns, rows).for_terminal())


def pools(population: Population, step: float, size: int, draw: np.random.Generator) -> Pools:
    """Simulate visits of the shop's order, and of one that goes a step towards the shoppers' own."""
    tried = {a: (1 - step) * DEFAULT_WEIGHTS[a] + step * TRUE_WEIGHTS[a] for a in DEFAULT_WEIGHTS}
    orders = [population.similarities(weights) for weights in (DEFAULT_WEIGHTS, tried)]
    found: list[list[NDArray[np.bool_]]] = [[], [], []]
    for number in range(size):
        anchor = int(draw.integers(_PRODUCTS))
        available = population.available(anchor)
        pages = [page_of(order[anchor], available) for order in orders]
        for page, rows in zip(pages, found, strict=False):
            rows.append(np.asarray(_acted(population, anchor, page).any(axis=1)))
        control, treatment = ([str(p) for p in page] for page in pages)
        picks = team_draft(control, treatment, PAGE, f"{step}-{number}")
        acted = _acted(population, anchor, np.array([int(p.product_id) for p in picks]))
        team = np.array([p.team == "b" for p in picks])
        found[2].append(_preferred(acted, team))
    return Pools(*(np.stack(rows) for rows in found))


def _acted(population: Population, anchor: int, page: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Draw a visit to a page: whether each product had each action, shape ``(actions, products)``."""
    clicked = population.clicked(anchor, page)
    return np.stack([clicked, *population.followed(np.full(len(page), anchor), page, clicked).values()])


def _preferred(acted: NDArray[np.bool_], team: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether each action prefers the treatment, and then whether it prefers the control."""
    treatment, control = acted[:, team].sum(axis=1), acted[:, ~team].sum(axis=1)
    return np.concatenate([treatment > control, control > treatment])


def experiment(kind: Kind, minimum_visits: int = 500, minimum_days: int = 7) -> Experiment:
    """Return an experiment to judge visits by; its configurations don't matter here."""
    treatment = Configuration(name="treatment", weights={"color": 1.0})
    return Experiment(
        name="simulated",
        kind=kind,
        control=DEFAULT,
        treatment=treatment,
        minimum_visits=minimum_visits,
        minimum_days=minimum_days,
    )


def verdict(kind: Kind, looks: Sequence[Sequence[Tally]]) -> bool:
    """Return whether an experiment is called anything but undecided at any of its looks, one a day."""
    tried = experiment(kind)
    return any(_judged(tried, tallies, day) in {"better", "worse", "mismatch"} for day, tallies in enumerate(looks, 1))


def z_test(kind: Kind, looks: Sequence[Sequence[Tally]]) -> bool:
    """Return whether a test of equal shares that knows nothing of repeated looks is significant at any of them."""
    for control, treatment in looks:
        if control.visits < experiment(kind).minimum_visits:
            continue
        both = (control.counts["clicks"] + treatment.counts["clicks"]) / (control.visits + treatment.visits)
        error = (both * (1 - both) * (1 / control.visits + 1 / treatment.visits)) ** 0.5
        difference = control.counts["clicks"] / control.visits - treatment.counts["clicks"] / treatment.visits
        if abs(difference) > 1.96 * error > 0:
            return True
    return False


def alarms(
    null: Pools,
    kind: Kind,
    experiments: int,
    visits: int,
    draw: np.random.Generator,
    decided: Decision,
) -> float:
    """Return the share of experiments without a difference that are called different at any of their daily looks."""
    days = [visits * day for day in range(_DAYS + 1)]
    # Exactly nothing differs: both sides are drawn from the same visits, and interleaved ones also the other way round.
    halves = np.hsplit(null.interleaved, 2)
    same = Pools(null.control, null.control, np.vstack([null.interleaved, np.hstack(halves[::-1])]))
    return float(np.mean([decided(kind, looks(same, kind, days, draw)) for _ in range(experiments)]))


def looks(drawn_from: Pools, kind: Kind, ends: Sequence[int], draw: np.random.Generator) -> list[list[Tally]]:
    """Draw an experiment's visits, and tally those up to each of some numbers of visits; the first number is 0."""
    if kind == "interleaving":
        totals = _totals(drawn_from.interleaved, ends, draw)
        return [[_preferences(end, total)] for end, total in zip(ends[1:], totals, strict=True)]
    # Halves by chance: which visit gets which side is drawn, too.
    treated = np.cumsum([0, *(draw.binomial(end - start, 0.5) for start, end in pairwise(ends))])
    control = np.asarray(ends) - treated
    sides = [
        [
            Tally(int(end), {a: int(n) for a, n in zip(ACTIONS, total, strict=True)})
            for end, total in zip(own[1:], rows, strict=True)
        ]
        for own, rows in (
            (control, _totals(drawn_from.control, control, draw)),
            (treated, _totals(drawn_from.treatment, treated, draw)),
        )
    ]
    return [list(pair) for pair in zip(*sides, strict=True)]


def _totals(pool: Visits, ends: Sequence[int] | NDArray[np.int64], draw: np.random.Generator) -> NDArray[np.int64]:
    visits = pool[draw.integers(0, len(pool), int(ends[-1]))]
    running = np.vstack([np.zeros(pool.shape[1], np.int64), np.cumsum(visits, axis=0)])
    return np.asarray(running[np.asarray(ends[1:])])


def _preferences(visits: int, totals: NDArray[np.int64]) -> Tally:
    treatment, control = totals[: len(ACTIONS)], totals[len(ACTIONS) :]
    pairs = zip(ACTIONS, treatment, control, strict=True)
    return Tally(visits, preferred={action: (int(t), int(c)) for action, t, c in pairs})


def _judged(tried: Experiment, tallies: Sequence[Tally], days: float) -> str:
    return judge(tried, {ALL: dict(zip(tried.sides, tallies, strict=True))}, days).verdict


def visits_needed(drawn_from: Pools, kind: Kind, draw: np.random.Generator) -> int | None:
    """Return after how many visits the treatment is called better; None if it isn't within `_MOST_VISITS`."""
    tried = experiment(kind, minimum_visits=100, minimum_days=1)
    ends = np.unique(np.geomspace(200, _MOST_VISITS, 120).astype(np.int64))
    for end, tallies in zip(ends, looks(drawn_from, kind, [0, *map(int, ends)], draw), strict=True):
        if _judged(tried, tallies, days=30) == "better":
            return int(end)
    return None


def _needed(label: str, drawn_from: Pools, repeats: int, draw: np.random.Generator) -> list[str]:
    shares = [f"{pool[:, 0].mean():.1%}" for pool in (drawn_from.control, drawn_from.treatment)]
    row, medians = [label, " → ".join(shares)], []
    kinds: tuple[Kind, ...] = ("ab", "interleaving")
    for kind in kinds:
        needed = [visits_needed(drawn_from, kind, draw) for _ in range(repeats)]
        medians.append(float(np.median([n or np.inf for n in needed])))
        row += [f"{medians[-1]:,.0f}", f"{np.mean([n is not None for n in needed]):.0%}"]
    return [*row, f"{medians[0] / medians[1]:.1f}"]
