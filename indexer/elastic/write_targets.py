"""Which indices a write goes to: the live one, and any other that is being built or kept.

Readers go by the alias. Writers go by a *write alias* of each index, ``INDEX-wN``, whose number N rises with every
change of the set. A write names its aliases with ``require_alias``, so that Elasticsearch itself refuses one that was
addressed before a change; it is then addressed and sent again. Nobody has to learn of a rebuild in time, and nothing
is cached that could be stale.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from indexer.elastic.client import BulkFailure, bulk
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError

log = logging.getLogger(__name__)

Action = dict[str, Any]
T = TypeVar("T")

_TRIES = 5  # a set of targets changes a few times in a rebuild, never that often in the time of one write


class StaleWriteTargetsError(Exception):
    """The set of targets has changed since the write was addressed: nothing is lost, address it again."""


@dataclass(frozen=True)
class WriteTargets:
    """The indices that take writes.

    Attributes
    ----------
    live : str
        The index behind the read alias.
    writes : dict of str to str
        Index to its write alias, the live one first.
    generation : int
        The number in the write aliases' names.
    """

    live: str
    writes: dict[str, str]
    generation: int


def write_alias(index: str, generation: int) -> str:
    """Return the alias that writes to an index go by."""
    return f"{index}-w{generation}"


def resolve(index: ProductIndex) -> WriteTargets:
    """Read from the aliases which indices take writes.

    Raises
    ------
    IndexStateError
        There is no product index yet.
    """
    aliases = index.versions()
    live = next((name for name, others in aliases.items() if index.alias in others), None)
    if live is None:
        raise IndexStateError(f"There is no product index {index.alias} yet: load a catalogue first")
    generations = _generations(aliases)
    if live not in generations:  # made before there were write aliases
        return retarget(index, [live])
    generation = generations[live]
    order = [live, *(name for name in generations if name != live)]
    return WriteTargets(live, {name: write_alias(name, generation) for name in order}, generation)


def retarget(index: ProductIndex, names: Iterable[str], more: Iterable[dict[str, Any]] = ()) -> WriteTargets:
    """Let writes go to these indices and no other, from one moment to the next.

    Parameters
    ----------
    names : iterable of str
        At least the live index.
    more : iterable of dict
        Further actions of the same ``_aliases`` request, such as those that move the read alias.

    Raises
    ------
    elasticsearch.ApiError
        The aliases were changed by somebody else in between; nothing was done.
    """
    before = _generations(index.versions())
    generation = max(before.values(), default=0) + 1
    actions: list[dict[str, Any]] = [
        {"remove": {"index": name, "alias": write_alias(name, g), "must_exist": True}} for name, g in before.items()
    ]
    actions += [{"add": {"index": name, "alias": write_alias(name, generation)}} for name in names]
    index.client.indices.update_aliases(actions=[*actions, *more])
    return resolve(index)


def write(index: ProductIndex, actions: Sequence[Action], *, refresh: bool | str = False) -> list[BulkFailure | None]:
    """Write the same to all targets.

    Parameters
    ----------
    actions : sequence of dict
        Bulk actions that may be applied any number of times. Their ``_index`` is filled in here.

    Returns
    -------
    list of BulkFailure or None
        What became of each action in the live index. What another index refuses is logged: whoever moves the alias
        to that index first makes it equal to the live one (`rebuild`, `rollback`).
    """

    def send(targets: WriteTargets) -> list[BulkFailure | None]:
        outcomes = [write_to(index, name, actions, refresh=refresh) for name in targets.writes.values()]
        for name, failures in zip(list(targets.writes)[1:], outcomes[1:], strict=True):
            _log(name, failures)
        return outcomes[0]

    return until_current(index, send)


def until_current(index: ProductIndex, send: Callable[[WriteTargets], T]) -> T:
    """Do something with the targets, and again where they have changed meanwhile.

    Raises
    ------
    IndexStateError
        There is no product index, or its targets never stay the same.
    """
    for _ in range(_TRIES):
        try:
            return send(resolve(index))
        except StaleWriteTargetsError:
            log.info("the indices that take writes have changed: written again")
    raise IndexStateError(f"The indices behind {index.alias} change all the time; is a rebuild running twice?")


def write_to(
    index: ProductIndex,
    name: str,
    actions: Sequence[Action],
    *,
    refresh: bool | str = False,
    changed: list[str] | None = None,
) -> list[BulkFailure | None]:
    """Write to one target by its write alias.

    Raises
    ------
    StaleWriteTargetsError
        Writes go by another alias by now.
    """
    addressed = [{**action, "_index": name} for action in actions]
    outcome = list(bulk(index.client, addressed, refresh=refresh, require_alias=True, changed=changed))
    if any(failure and failure.type == "index_not_found_exception" for failure in outcome):
        raise StaleWriteTargetsError(name)
    return outcome


def _generations(aliases: Mapping[str, set[str]]) -> dict[str, int]:
    """Return the generation of each index that has a write alias, by its name."""
    generations = {}
    for name, others in aliases.items():
        numbers = [int(m[1]) for alias in others if (m := re.fullmatch(rf"{re.escape(name)}-w(\d+)", alias))]
        if numbers:
            generations[name] = max(numbers)
    return generations


def _log(name: str, failures: list[BulkFailure | None]) -> None:
    for failure in failures:
        if failure and failure.status != 404:  # 404: that product isn't copied yet
            log.warning(
                "%s, which takes writes besides the live index, refused %s: %s", name, failure.id, failure.reason
            )
