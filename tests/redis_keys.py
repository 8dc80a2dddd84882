"""The tables of workers/queues/README.md, as tests check against them."""

import re
from dataclasses import dataclass
from pathlib import Path

from workers.app import QUEUES

README = Path(__file__).resolve().parents[1] / "workers" / "queues" / "README.md"


@dataclass(frozen=True)
class DocumentedKey:
    """A row: the pattern of a key, the types it may have, and whether it expires by itself."""

    pattern: str
    types: frozenset[str]
    expires: bool

    def matches(self, key: str) -> bool:
        """Return whether a key is one of these."""
        if self.pattern == "<queue>":
            return key in QUEUES
        parts = re.split(r"<\w+>", self.pattern)
        return re.fullmatch(".+".join(map(re.escape, parts)), key) is not None


def documented_keys() -> list[DocumentedKey]:
    """Read the tables."""
    rows = [re.split(r"(?<!\\)\|", line) for line in README.read_text().splitlines() if line.startswith("| `")]
    return [
        DocumentedKey(key.strip(" `"), frozenset(types.strip().split(", ")), not expires.strip().startswith("never"))
        for _, key, types, _, _, _, expires, _ in rows
    ]
