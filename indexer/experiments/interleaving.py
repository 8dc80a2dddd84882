"""Team-draft interleaving: one page of two orders, whose clicks say which order is preferred."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from es_mappings.experiment import Team


class Pick(NamedTuple):
    """A product of an interleaved page, and whose pick it is."""

    product_id: str
    team: Team


def team_draft(control: Sequence[str], treatment: Sequence[str], length: int, seed: str) -> list[Pick]:
    """Interleave the beginnings of two orders as two captains pick teams.

    In each round both pick, and a coin says who is first. Each picks the best product of its order that isn't taken. A
    click then counts for the team whose pick the product is; products that both orders have in the same places are
    picked by either as often.

    Parameters
    ----------
    length : int
        Products to pick; fewer if both orders are at their end.
    seed : str
        Decides the coins: the same seed makes the same page.

    References
    ----------
    Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?", CIKM 2008, algorithm 2.
    """
    orders: dict[Team, list[str]] = {"a": list(control), "b": list(treatment)}
    picks: dict[str, Team] = {}
    places: dict[Team, int] = {"a": 0, "b": 0}
    turn = 0
    while len(picks) < length:
        first: Team = "a" if _coin(seed, turn) else "b"
        before = len(picks)
        for team in (first, "b" if first == "a" else "a"):
            order = orders[team]
            while places[team] < len(order) and order[places[team]] in picks:
                places[team] += 1
            if places[team] < len(order) and len(picks) < length:
                picks[order[places[team]]] = team
        if len(picks) == before:
            break
        turn += 1
    return [Pick(product_id, team) for product_id, team in picks.items()]


def _coin(seed: str, turn: int) -> bool:
    return bool(hashlib.sha256(f"{seed}\n{turn}".encode()).digest()[0] & 1)
