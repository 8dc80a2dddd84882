"""The write targets: the indices that every write goes to, which are the live one and any being built or kept.

Readers use the alias. Writers use a *write alias* of each index, ``INDEX-wN``, whose number N rises with every change
of the set. A write sets ``require_alias``, so that Elasticsearch itself refuses one that was addressed before a change;
it is then addressed and sent again. No process has to be notified of a rebuild, and nothing is cached that could be
stale.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.elastic.client import Answer, BulkFailure, bulk
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError

log = logging.getLogger(__name__)

Action = dict[str, Any]
T = TypeVar("T")

_TRIES = 5  # a rebuild changes the targets a few times, never this often during one write


class StaleWriteTargetsError(Exception):
    """The write targets have changed since the write was addressed; address it again."""


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
    """Return the write alias of an index."""
    return f"{index}-w{generation}"


def resolve(index: ProductIndex) -> WriteTargets:
    """Read from the aliases which indices take writes.

    Raises
    ------
    IndexStateError
        There is no product index yet.
    """
    aliases = index.versions(closed=True)  # a closed live index is a fault that a person fixes, not a missing one
    live = next((name for name, others in aliases.items() if index.alias in others), None)
    if live is None:
        raise IndexStateError(f"There is no product index {index.alias} yet: load a catalogue first")
    generations = _generations(aliases)
    if live not in generations:  # created before there were write aliases
        return retarget(index, [live])
    generation = generations[live]
    order = [live, *(name for name, own in generations.items() if name != live and own == generation)]
    return WriteTargets(live, {name: write_alias(name, generation) for name in order}, generation)


def retarget(index: ProductIndex, names: Iterable[str], more: Iterable[dict[str, Any]] = ()) -> WriteTargets:
    """Direct writes to these indices and no others, atomically.

    Parameters
    ----------
    names : iterable of str
        At least the live index.
    more : iterable of dict
        Further actions of the same ``_aliases`` request, such as those that move the read alias.

    Raises
    ------
    elasticsearch.ApiError
        Another process changed the aliases in between; nothing was done.
    """
    before = _generations(index.versions(closed=True))
    generation = max(before.values(), default=0) + 1
    actions: list[dict[str, Any]] = [
        {"remove": {"index": name, "alias": write_alias(name, g), "must_exist": True}} for name, g in before.items()
    ]
    actions += [{"add": {"index": name, "alias": write_alias(name, generation)}} for name in names]
    index.client.indices.update_aliases(actions=[*actions, *more])
    return resolve(index)


def write(
    index: ProductIndex,
    actions: Sequence[Action],
    *,
    refresh: bool | str = False,
    answers: list[Answer] | None = None,
) -> list[BulkFailure | None]:
    """Write the same actions to all targets.

    Parameters
    ----------
    actions : sequence of dict
        Bulk actions that may be applied any number of times. Their ``_index`` is filled in here.
    answers : list of Answer, optional
        What the live index answers to each action is appended to it.

    Returns
    -------
    list of BulkFailure or None
        The outcome of each action in the live index. Refusals of other indices are logged only, because `rebuild` and
        `rollback` make an index equal to the live one before they move the alias to it.
    """

    def send(targets: WriteTargets) -> list[BulkFailure | None]:
        live, *others = targets.writes.items()
        given: list[Answer] = []
        outcome = write_to(index, live[1], actions, refresh=refresh, answers=given)
        for name, alias in others:
            try:
                _log(name, write_to(index, alias, actions, refresh=refresh))
            except (TransportError, ApiError) as error:
                log.warning("%s, a write target that isn't live, takes no writes: %s", name, error)
        if answers is not None:
            answers.extend(given)
        return outcome

    return until_current(index, send)


def until_current(index: ProductIndex, send: Callable[[WriteTargets], T]) -> T:
    """Call ``send`` with the targets, and again if they have changed meanwhile.

    Raises
    ------
    IndexStateError
        There is no product index, or its targets keep changing.
    """
    for _ in range(_TRIES):
        try:
            return send(resolve(index))
        except StaleWriteTargetsError:
            log.info("the write targets have changed: writing again")
    raise IndexStateError(f"The write targets of {index.alias} keep changing; is a rebuild running twice?")


def write_to(
    index: ProductIndex,
    name: str,
    actions: Sequence[Action],
    *,
    refresh: bool | str = False,
    answers: list[Answer] | None = None,
) -> list[BulkFailure | None]:
    """Write to one target through its write alias.

    Raises
    ------
    StaleWriteTargetsError
        The index has another write alias now, or takes no writes.
    """
    addressed = [{**action, "_index": name} for action in actions]
    outcomes = list(bulk(index.client, addressed, refresh=refresh, require_alias=True, answers=answers))
    if any(failure and failure.type == "index_not_found_exception" for failure in outcomes):
        raise StaleWriteTargetsError(name)
    return outcomes


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
            log.warning("%s, a write target that isn't live, refused %s: %s", name, failure.id, failure.reason)
