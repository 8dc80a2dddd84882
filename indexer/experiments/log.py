"""The log of experiments: what was started and stopped by whom. The newest entry says what runs; at most one does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from elasticsearch import ConflictError, NotFoundError
from pydantic import ValidationError

from es_mappings.experiment import Experiment
from es_mappings.stores import publication as es_publication
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError, RelevanceError
from indexer.experiments.results import Tallies, Tally
from indexer.relevance.versions import unreadable

_HISTORY = 1_000  # entries that are listed


@dataclass(frozen=True)
class Run:
    """An experiment from its start to its end.

    Attributes
    ----------
    number : int
        Of the entry that started it.
    experiment : Experiment or None
        None if another version of the code wrote it; then `note` says so.
    ended_at, ended_by, reason : str
        Empty while it runs.
    """

    number: int
    name: str
    experiment: Experiment | None
    author: str
    at: str
    note: str
    ended_at: str = ""
    ended_by: str = ""
    reason: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it hasn't ended."""
        return not self.ended_at


@dataclass(frozen=True)
class Look:
    """What was counted of an experiment at one time."""

    at: str
    tallies: Tallies


class Experiments:
    """Experiments of one shop. Entries are only added, each with a number, so two people can't write the same one."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self.index = index.client, index.store(es_publication.KIND)

    def running(self) -> Run | None:
        """Return the experiment that runs; None if none does."""
        newest = self._entries(1)
        return _run(newest[0]) if newest and not _is_end(newest[0]) else None

    def get(self, number: int) -> Run:
        """Return an experiment by number, as it was started.

        Raises
        ------
        RelevanceError
            There is none.
        """
        try:
            source = self._client.get(index=self.index, id=_id(number))["_source"]
        except NotFoundError as error:
            raise RelevanceError(f"there is no experiment {number}") from error
        if _is_end(source):
            raise RelevanceError(f"there is no experiment {number}")
        return _run(source)

    def history(self, size: int = _HISTORY) -> list[Run]:
        """Return the experiments, the newest first, each with its end: the audit log."""
        runs: list[Run] = []
        end: Mapping[str, Any] | None = None
        for entry in self._entries(size):
            if _is_end(entry):
                end = entry
            else:
                runs.append(_run(entry, end))
                end = None
        return runs

    def start(self, experiment: Experiment, author: str, note: str = "") -> Run:
        """Start an experiment; shoppers get it within seconds.

        Raises
        ------
        RelevanceError
            Another one runs.
        EditConflictError
            Somebody else started one in the same moment.
        """
        newest = next(iter(self._entries(1)), None)
        if newest and not _is_end(newest):
            since = f"experiment {newest['name']!r} runs since {newest['at']}, started by {newest['author']}"
            raise RelevanceError(f"{since}: stop it first, since one at a time decides")
        body = {"experiment": experiment.model_dump(mode="json", exclude_defaults=True)}
        return _run(self._add(newest, experiment.name, author, note, body))

    def stop(self, name: str, author: str, reason: str = "") -> Run:
        """Stop the experiment that runs: shoppers get what is live again.

        Raises
        ------
        RelevanceError
            It doesn't run; the message says when it was stopped, if it ever ran.
        EditConflictError
            Somebody else stopped it in the same moment.
        """
        newest = next(iter(self._entries(1)), None)
        if newest is None or _is_end(newest) or newest["name"] != name:
            raise RelevanceError(self._why_not(name))
        end = self._add(newest, name, author, reason, {"ends": newest["number"]})
        return _run(newest, end)

    def note_look(self, number: int, tallies: Tallies) -> None:
        """Keep what was counted of an experiment."""
        body = {name: {side: asdict(tally) for side, tally in sides.items()} for name, sides in tallies.items()}
        look = {"type": es_publication.LOOK, "number": number, "at": now(), "body": body}
        make_index(self._client, self.index, es_publication.mapping())
        self._client.index(index=self.index, document=look, refresh=True)

    def look(self, number: int) -> Look | None:
        """Return what was counted of an experiment last; None before it was."""
        try:
            found = self._client.search(index=self.index, body=es_publication.latest_look(number))["hits"]["hits"]
        except NotFoundError:
            return None
        return _look(found[0]["_source"]) if found else None

    def _why_not(self, name: str) -> str:
        run = next((run for run in self.history() if run.name == name), None)
        if run is None:
            return f"there is no experiment {name!r}"
        return f"experiment {name!r} was stopped at {run.ended_at} by {run.ended_by} already"

    def _add(
        self, newest: Mapping[str, Any] | None, name: str, author: str, note: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        number = newest["number"] + 1 if newest else 1
        entry = {"type": es_publication.EXPERIMENT, "name": name, "number": number, "author": author, "at": now()}
        entry |= {"note": note, "body": dict(body)}
        make_index(self._client, self.index, es_publication.mapping())
        try:
            self._client.create(index=self.index, id=_id(number), document=entry, refresh=True)
        except ConflictError as error:
            raise EditConflictError("somebody else started or stopped an experiment in the same moment") from error
        return entry

    def _entries(self, size: int) -> list[dict[str, Any]]:
        try:
            found = self._client.search(index=self.index, body=es_publication.latest_experiments(size))
        except NotFoundError:  # nothing was saved yet
            return []
        return [hit["_source"] for hit in found["hits"]["hits"]]


def _run(start: Mapping[str, Any], end: Mapping[str, Any] | None = None) -> Run:
    fields = {name: start[name] for name in ("number", "name", "author", "at", "note")}
    if end:
        fields |= {"ended_at": end["at"], "ended_by": end["author"], "reason": end["note"]}
    try:
        return Run(**fields, experiment=Experiment.model_validate(start["body"]["experiment"]))
    except ValidationError as error:
        return Run(**{**fields, "note": unreadable(error)}, experiment=None)


def _look(source: Mapping[str, Any]) -> Look:
    tallies = {
        name: {
            side: Tally(t["visits"], t["counts"], {m: tuple(w) for m, w in t["preferred"].items()})
            for side, t in sides.items()
        }
        for name, sides in source["body"].items()
    }
    return Look(source["at"], tallies)


def _is_end(entry: Mapping[str, Any]) -> bool:
    return "ends" in entry["body"]


def _id(number: int) -> str:
    return f"{es_publication.EXPERIMENT}@{number}"
