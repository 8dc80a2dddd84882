"""What was ordered together: counts of pairs of products and of categories, without shoppers and orders."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any, get_args

import redis

from es_mappings.co_purchases import LEAST_TOGETHER, CoPurchase, Level
from workers.errors import RedisUnavailableError
from workers.queues import keys, reading
from workers.queues.connection import translated

log = logging.getLogger(__name__)

MAX_PRODUCTS = 50  # of an order; what is beyond them is not counted
_KEPT = timedelta(days=180)  # since a product was ordered last
_PARTNERS = 500  # of a product: those it was ordered with most
_READ = 50  # partners of a product that are read


class CoPurchases:
    """Counts of one shop. Each product and category has a sorted set: its partners, and itself, by their orders."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._alias = client, alias

    @translated()
    def add(self, orders: Iterable[Mapping[str, str]]) -> None:
        """Count orders.

        Parameters
        ----------
        orders : iterable of mapping of str to str
            The products of each order, with the paths of their categories, empty where they have none.

        Raises
        ------
        RedisUnavailableError
            Redis is down or full.
        """
        orders = list(orders)
        with self._client.pipeline(transaction=False) as commands:
            for order in orders:
                ids = list(order)[:MAX_PRODUCTS]
                self._count(commands, "product", ids)
                self._count(commands, "category", sorted({order[i] for i in ids} - {""}))
            commands.incrby(keys.all_orders(self._alias), len(orders))
            commands.execute()

    @translated()
    def forget(self) -> None:
        """Delete all counts.

        Raises
        ------
        RedisUnavailableError
            Redis is down.
        """
        for level in get_args(Level):
            pattern = self._key(level, "").replace("[", r"\[") + "*"  # an alias has no other special characters
            for key in self._client.scan_iter(match=pattern, count=1_000):
                self._client.delete(key)
        self._client.delete(keys.all_orders(self._alias))

    def read(self, level: Level, names: Sequence[str]) -> list[CoPurchase]:
        """Return what was ordered with products or categories, from `LEAST_TOGETHER` orders; nothing without Redis."""
        try:
            return self._read(level, names)
        except RedisUnavailableError as error:
            log.warning("what is ordered together can't be read: %s", error)
            return []

    @translated()
    def _read(self, level: Level, names: Sequence[str]) -> list[CoPurchase]:
        rows = self._together(level, names)
        partners = list(dict.fromkeys(partner for counts in rows.values() for partner in counts))
        with self._client.pipeline(transaction=False) as commands:
            for partner in partners:
                commands.zscore(self._key(level, partner), partner)
            commands.get(keys.all_orders(self._alias))
            *scores, all_orders = map(_number, commands.execute())
        orders = dict(zip(partners, scores, strict=True))
        return [
            CoPurchase(name, partner, count, counts.get(name, count), orders[partner], all_orders)
            for name, counts in rows.items()
            for partner, count in counts.items()
            if partner not in names
        ]

    def _together(self, level: Level, names: Sequence[str]) -> dict[str, dict[str, int]]:
        with self._client.pipeline(transaction=False) as commands:
            for name in names:
                commands.zrevrangebyscore(
                    self._key(level, name), "+inf", LEAST_TOGETHER, start=0, num=_READ, withscores=True
                )
            rows: list[Any] = commands.execute()
        return {
            name: {reading.text(partner): _number(score) for partner, score in row}
            for name, row in zip(names, rows, strict=True)
        }

    def _count(self, commands: Any, level: Level, names: Sequence[str]) -> None:
        for name, partner in product(names, names):
            commands.zincrby(self._key(level, name), 1, partner)
        for name in names:
            key = self._key(level, name)
            commands.zremrangebyrank(key, 0, -_PARTNERS - 1)  # itself comes last: no partner is ordered more often
            commands.expire(key, _KEPT)

    def _key(self, level: Level, name: str) -> str:
        return keys.co_purchases(self._alias, level, name)


def _number(score: Any) -> int:
    return int(reading.number(score))
