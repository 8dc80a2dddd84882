"""Interactions as a file: for shops that count clicks elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from indexer.errors import GoldenSetError
from indexer.relevance.interactions import Interaction

_MAX_FAULTS = 5  # of a file, that one message lists
_INTERACTION = TypeAdapter(Interaction)


def read_interactions(path: Path) -> list[Interaction]:
    """Read interactions from JSON Lines, with the names of `Interaction`.

    Raises
    ------
    GoldenSetError
        The file can't be read, or has invalid lines; the message names them.
    """
    interactions, faults = [], []
    try:
        for number, line in _lines(path):
            try:
                interactions.append(_INTERACTION.validate_json(line))
            except ValidationError as error:
                fault = error.errors(include_url=False)[0]
                where = ".".join(map(str, fault["loc"]))
                faults.append(f"line {number}: {f'{where}: ' if where else ''}{fault['msg'][:150]}")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenSetError(f"{path} can't be read: {error}") from error
    if faults:
        more = f"; and {len(faults) - _MAX_FAULTS:,} more" if len(faults) > _MAX_FAULTS else ""
        raise GoldenSetError(f"{path.name}: {'; '.join(faults[:_MAX_FAULTS])}{more}")
    return interactions


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8") as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
