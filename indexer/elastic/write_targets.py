"""Which indices a write goes to: the live one, and each that is built or kept beside it.

Readers go by the alias. Writers go by a *write alias* of each index, ``INDEX-wN``, whose number N rises with every
change of the set. A write names its aliases with ``require_alias``, so that Elasticsearch itself refuses one that was
addressed before a change; it is then addressed and sent again. Nobody has to learn of a rebuild in time, and nothing
is cached that could be stale.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from elasticsearch import Elasticsearch

from indexer.elastic.client import BulkFailure, bulk
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
    """Name the alias that writes to an index go by."""
    return f"{index}-w{generation}"


def resolve(client: Elasticsearch, alias: str) -> WriteTargets:
    """Read from the aliases which indices take writes.

    Raises
    ------
    IndexStateError
        There is no product index yet.
    """
    held = _aliases(client, alias)
    live = [index for index, names in held.items() if alias in names]
    if not live:
        raise IndexStateError(f"There is no product index {alias} yet: load a catalogue first")
    written = {index: g for index, names in held.items() if (g := _generation(index, names)) is not None}
    if live[0] not in written:  # made before there were write aliases
        return retarget(client, alias, live)
    generation = written[live[0]]
    order = [*live, *sorted(index for index in written if index != live[0])]
    return WriteTargets(live[0], {index: write_alias(index, generation) for index in order}, generation)


def retarget(
    client: Elasticsearch, alias: str, indices: Iterable[str], more: Iterable[dict[str, Any]] = ()
) -> WriteTargets:
    """Let writes go to these indices and no other, from one moment to the next.

    Parameters
    ----------
    indices : iterable of str
        At least the live one.
    more : iterable of dict
        Further actions of the same ``_aliases`` request, such as those that move the read alias.

    Raises
    ------
    elasticsearch.ApiError
        The aliases were changed by somebody else in between; nothing was done.
    """
    held = _aliases(client, alias)
    before = {index: g for index, names in held.items() if (g := _generation(index, names)) is not None}
    generation = max(before.values(), default=0) + 1
    actions: list[dict[str, Any]] = [
        {"remove": {"index": index, "alias": write_alias(index, g), "must_exist": True}} for index, g in before.items()
    ]
    actions += [{"add": {"index": index, "alias": write_alias(index, generation)}} for index in indices]
    client.indices.update_aliases(actions=[*actions, *more])
    return resolve(client, alias)


def write(
    client: Elasticsearch, alias: str, actions: Sequence[Action], *, refresh: bool | str = False
) -> list[BulkFailure | None]:
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
        outcomes = [write_to(client, name, actions, refresh=refresh) for name in targets.writes.values()]
        for index, failures in zip(list(targets.writes)[1:], outcomes[1:], strict=True):
            _log(index, failures)
        return outcomes[0]

    return until_current(client, alias, send)


def until_current(client: Elasticsearch, alias: str, send: Callable[[WriteTargets], T]) -> T:
    """Do something with the targets, and again where they have changed meanwhile.

    Raises
    ------
    IndexStateError
        There is no product index, or its targets never stay the same.
    """
    for _ in range(_TRIES):
        try:
            return send(resolve(client, alias))
        except StaleWriteTargetsError:
            log.info("the indices that take writes have changed: written again")
    raise IndexStateError(f"The indices behind {alias} change all the time; is a rebuild running twice?")


def write_to(
    client: Elasticsearch,
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
    outcome = list(bulk(client, addressed, refresh=refresh, require_alias=True, changed=changed))
    if any(failure and failure.type == "index_not_found_exception" for failure in outcome):
        raise StaleWriteTargetsError(name)
    return outcome


def index_pattern(alias: str) -> re.Pattern[str]:
    """Match the names of an alias's product indices, and nothing else that begins alike."""
    return re.compile(rf"{re.escape(alias)}-\d{{20}}")


def _aliases(client: Elasticsearch, alias: str) -> dict[str, set[str]]:
    answer = client.indices.get_alias(index=f"{alias}-*", expand_wildcards="open").body
    named = index_pattern(alias)
    return {index: set(its["aliases"]) for index, its in answer.items() if named.fullmatch(index)}


def _generation(index: str, names: set[str]) -> int | None:
    found = [int(m[1]) for name in names if (m := re.fullmatch(rf"{re.escape(index)}-w(\d+)", name))]
    return max(found, default=None)


def _log(index: str, failures: list[BulkFailure | None]) -> None:
    for failure in failures:
        if failure and failure.status != 404:  # 404: that product isn't copied yet
            log.warning("%s, written beside the live index, refused %s: %s", index, failure.id, failure.reason)
