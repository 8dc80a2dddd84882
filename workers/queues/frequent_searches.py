"""Keywords that shoppers search for again and again, and that find something: counts by week, without shoppers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from workers.queues import keys, reading

MIN_COUNT = 5  # searches in a week before keywords are suggested, so that what was typed once or twice isn't shown
_MAX_KEYWORDS = 5_000  # keywords of a week
_WEEK = timedelta(days=7)
_MAX_LETTERS = 60


class FrequentSearches:
    """Counts of one shop. While Redis is down nothing is counted, and nothing is suggested."""

    def __init__(self, client: redis.Redis, alias: str) -> None:
        self._client, self._alias = client, alias

    def add(self, searches: Mapping[str, float]) -> None:
        """Add to the counts of keywords, in lower case."""
        counts = Counter[str]()
        for keywords, times in searches.items():
            counts[" ".join(keywords.lower().split())] += int(times)
        key = self._key(datetime.now(UTC))
        try:
            with self._client.pipeline(transaction=False) as commands:
                for words, times in counts.items():
                    if 0 < len(words) <= _MAX_LETTERS:
                        commands.zincrby(key, times, words)
                commands.zremrangebyrank(key, 0, -_MAX_KEYWORDS - 1)  # the rarest, beyond as many as are kept
                commands.expire(key, 2 * _WEEK)
                commands.execute()
        except redis.RedisError:
            return

    def read(self, size: int = 500) -> list[str]:
        """Return the most frequent keywords of this week and the last."""
        now, counts = datetime.now(UTC), Counter[str]()
        try:
            for week in (now, now - _WEEK):
                rows: Any = self._client.zrevrangebyscore(
                    self._key(week), "+inf", MIN_COUNT, start=0, num=size, withscores=True
                )
                counts.update({reading.text(words): int(reading.number(times)) for words, times in rows})
        except redis.RedisError:
            return []
        return [words for words, _ in counts.most_common(size)]

    def _key(self, time: datetime) -> str:
        year, week, _ = time.isocalendar()
        return keys.searches(self._alias, f"{year}-{week:02}")
