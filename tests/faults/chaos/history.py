"""What happened: the records of a run, kept in memory and written as JSON lines.

Times are seconds of one monotonic clock. What is recorded with ``began`` and ``ended`` took effect at some moment
between the two.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar


@dataclass(frozen=True)
class Record:
    """Anything that happened."""

    began: float
    ended: float


@dataclass(frozen=True)
class Accepted(Record):
    """An event that the webhook answered with 202; before `began` it didn't exist."""

    event: dict[str, Any]


@dataclass(frozen=True)
class State:
    """A product's document in one index.

    Attributes
    ----------
    version : int
        Of the whole product; -1 for updates that wait for it.
    deleted : bool
        Whether it is hidden: a tombstone, or updates that wait.
    fields : dict of str to int
        The version that set each field.
    source, embedded_source : str
        What it is made of, and what its vector was made from.
    fits : bool or None
        Whether its vector is that of its picture in the vector space it names; None where it has no vector.
    """

    version: int
    deleted: bool
    fields: dict[str, int]
    source: str = ""
    status: str = ""
    space: str = ""
    embedded_source: str = ""
    fits: bool | None = None


@dataclass(frozen=True)
class Written(Record):
    """A write to a product index that changed a document; ``state`` is None where the document was removed."""

    index: str
    product: str
    seq_no: int
    script: str
    state: State | None


@dataclass(frozen=True)
class AliasesChanged(Record):
    """A request that changed aliases."""

    actions: list[dict[str, Any]]
    status: int


@dataclass(frozen=True)
class Opened(Record):
    """A point in time was opened through the alias."""

    point_in_time: str


@dataclass(frozen=True)
class Walk(Record):
    """A listing, page after page, as a shopper gets it.

    Attributes
    ----------
    parameters : dict
        Of the search.
    statuses, totals : list of int
        Of each page; the total of a page that wasn't answered with 200 is -1.
    hits : list of (str, dict)
        Ids and the versions of their fields, in the order of the pages.
    complete : bool
        Whether all pages were answered with 200.
    index, point_in_time : str
        What it was read from; empty where it had one page alone.
    """

    parameters: dict[str, Any]
    statuses: list[int]
    totals: list[int]
    hits: list[tuple[str, dict[str, int]]]
    complete: bool
    index: str = ""
    point_in_time: str = ""


@dataclass(frozen=True)
class ProductRead(Record):
    """A product's page of the API; ``stale`` if it says that it is an earlier answer."""

    product: str
    status: int
    fields: dict[str, int] = field(default_factory=dict)
    stale: bool = False


@dataclass(frozen=True)
class AliasRead(Record):
    """The indices that the alias leads to, and a search through it straight at Elasticsearch."""

    status: int
    indices: list[str]
    hits_of: list[str]
    shown_deleted: int = 0


@dataclass(frozen=True)
class RolledOut(Record):
    """A rebuild, a rollback or a prune; ``outcome`` is ``done``, ``killed`` or why it stopped."""

    kind: str
    outcome: str
    index: str = ""


@dataclass(frozen=True)
class ForeignWritten(Record):
    """The owner of the attached index wrote a document; ``version`` is None where it was deleted."""

    product: str
    version: int | None
    picture: str = ""


@dataclass(frozen=True)
class ForeignRead(Record):
    """A document of the attached index: the owner's part, and whether our vector fits the picture it names."""

    product: str
    version: int
    picture: str
    embedded_picture: str = ""
    fits: bool | None = None


@dataclass(frozen=True)
class IndexSpace(Record):
    """The vector space that an index says it holds."""

    index: str
    space: str


@dataclass(frozen=True)
class Final(Record):
    """A product in the live index at the end, when nothing waits any more; ``index`` also says after what."""

    index: str
    product: str
    state: State


@dataclass(frozen=True)
class FinalForeign(Record):
    """A document of the foreign index at the end."""

    attached: bool
    document: ForeignRead


@dataclass(frozen=True)
class Stuck(Record):
    """Something that did not come to its end once all servers were back."""

    what: str


@dataclass(frozen=True)
class Performed(Record):
    """An operation of the schedule, and what came of it if that isn't recorded otherwise."""

    lane: str
    kind: str
    arguments: dict[str, Any]
    outcome: str = ""


R = TypeVar("R", bound=Record)
_KINDS = {kind.__name__: kind for kind in Record.__subclasses__()}


class History:
    """The records of a run, in the order in which they ended."""

    def __init__(self, file: Path | None = None) -> None:
        self._records: list[Record] = []
        self._lock = threading.Lock()
        self._file = file.open("w", encoding="utf-8") if file else None

    def add(self, record: Record) -> None:
        """Add a record; from any thread."""
        with self._lock:
            self._records.append(record)
            if self._file:
                self._file.write(json.dumps({"record": type(record).__name__, **asdict(record)}) + "\n")

    def of(self, kind: type[R]) -> list[R]:
        """Return the records of one kind."""
        with self._lock:
            return [record for record in self._records if isinstance(record, kind)]

    def __iter__(self) -> Iterator[Record]:
        with self._lock:
            return iter(list(self._records))

    @classmethod
    def read(cls, file: Path) -> History:
        """Read what a run has written."""
        history = cls()
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                values = json.loads(line)
                kind = _KINDS[values.pop("record")]
                if isinstance(values.get("state"), dict):
                    values["state"] = State(**values["state"])
                if "document" in values:
                    values["document"] = ForeignRead(**values["document"])
                history.add(kind(**values))
        return history

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
