"""Searches as they are sent, written to be pasted elsewhere. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search.resolved import ResolvedSearch

# A list of numbers over several lines; no text in JSON has a line break, so it can't be inside of one.
_NUMBERS = re.compile(r"\[\n\s*(-?\d[-+.\deE]*(?:,\n\s*-?\d[-+.\deE]*)*)\n\s*\]")


@dataclass(frozen=True)
class RawRequest:
    """A search of an index, or of the alias that leads to it."""

    index: str
    body: dict[str, Any]

    @property
    def for_kibana(self) -> str:
        """As Kibana's console takes it."""
        return f"POST /{self.index}/_search\n{self._json}"

    @property
    def for_curl(self) -> str:
        """As a shell takes it, whose ``ELASTICSEARCH_URL`` says where Elasticsearch is."""
        # In a quoted here-document nothing has a meaning for the shell, and no line of the body is just its end.
        head = f'curl -sS "$ELASTICSEARCH_URL/{self.index}/_search?pretty" -H "Content-Type: application/json"'
        return f"{head} --data-binary @- <<'JSON'\n{self._json}\nJSON\n"

    @property
    def _json(self) -> str:
        text = json.dumps(self.body, ensure_ascii=False, indent=2)
        return _NUMBERS.sub(lambda numbers: f"[{' '.join(numbers[1].split())}]", text)


def addressed(bodies: Sequence[dict[str, Any]], search: ResolvedSearch, alias: str) -> list[RawRequest]:
    """Return requests of a search: to the alias, or to the index that its configuration names, without deleted ones."""
    if index := search.other_index:
        return [RawRequest(index, search.snapshot.bound(body)) for body in bodies]
    return [RawRequest(alias, body) for body in bodies]
