"""What became of the lines of a catalogue file: counts, and examples of what was refused or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from indexer.catalog.values.changes import Change

_EXAMPLES = 5  # of each kind
_KINDS = 50  # that are told apart; the others are counted together
_OTHERS = "other reasons"


@dataclass(frozen=True)
class Refusal:
    """A line, or a product of it, that wasn't written."""

    line: int
    kind: str
    reason: str


@dataclass
class Outcome:
    """What became of a series of lines; products by id."""

    read: int = 0
    written: list[str] = field(default_factory=list)  # new or changed
    unchanged: list[str] = field(default_factory=list)  # written as they were before
    ignored: list[str] = field(default_factory=list)  # stored in a newer version
    deleted: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    changes: list[tuple[int, Change]] = field(default_factory=list)  # with the numbers of the lines
    images: int = 0  # addresses of the written products
    currencies: set[str] = field(default_factory=set)
    repeated: list[tuple[int, str]] = field(default_factory=list)  # line and id of what an earlier line wrote


@dataclass
class Kind:
    """How many lines something happened to, and the first of them."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, example: dict[str, Any]) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(example)


@dataclass
class LoadReport:
    """The report of a load. Its size doesn't depend on the file's.

    Attributes
    ----------
    file : str
        The file's name.
    format : str
        How it was read, in one line.
    stopped : str
        Why the load ended before the file did; empty otherwise.
    kept : str
        Why what the file no longer has was not deleted, though that was asked for; empty otherwise.
    refused, changed : dict of str to Kind
        By kind of fault, and by rule.
    repeated : Kind
        Lines with the id of an earlier one, which they replace.
    """

    file: str
    format: str = ""
    stopped: str = ""
    kept: str = ""
    read: int = 0
    written: int = 0
    unchanged: int = 0
    ignored: int = 0
    deleted: int = 0
    images: int = 0
    refused: dict[str, Kind] = field(default_factory=dict)
    changed: dict[str, Kind] = field(default_factory=dict)
    repeated: Kind = field(default_factory=Kind)
    currencies: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add what became of some lines."""
        self.read += outcome.read
        self.images += outcome.images
        for name in ("written", "unchanged", "ignored", "deleted"):
            setattr(self, name, getattr(self, name) + len(getattr(outcome, name)))
        for refusal in outcome.refused:
            _kind(self.refused, refusal.kind).add({"line": refusal.line, "reason": refusal.reason})
        for line, change in outcome.changes:
            _kind(self.changed, change.rule).add({"line": line, **asdict(change)})
        for line, product_id in outcome.repeated:
            self.repeated.add({"line": line, "id": product_id})
        self.currencies = sorted({*self.currencies, *outcome.currencies})[:_KINDS]

    @property
    def refusals(self) -> int:
        """How many lines were refused."""
        return sum(kind.count for kind in self.refused.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON holds it, the most frequent kinds first."""
        return {**asdict(self), "refused": _by_count(self.refused), "changed": _by_count(self.changed)}

    def lines(self) -> Iterator[str]:
        """Write the report for people."""
        yield (
            f"{self.file}: {self.read:,} read, {self.written:,} written, {self.unchanged:,} unchanged, "
            f"{self.ignored:,} ignored as older, {self.deleted:,} deleted, {self.refusals:,} refused; "
            f"{self.images:,} images to fetch"
        )
        for title, kinds in (("Refused", self.refused), ("Changed in values", self.changed)):
            for name, kind in _sorted(kinds):
                yield f"{title}, {kind.count:,}: {name} ({_places(kind.examples, kind.count)})"
        if self.repeated.count:
            first = self.repeated.examples[0]
            more = _more(self.repeated.examples, self.repeated.count)
            yield (
                f"Ids that an earlier line has, {self.repeated.count:,}: the last line counts "
                f"(line {first['line']:,}: {first['id']}{more})"
            )
        if len(self.currencies) > 1:
            yield (
                f"Prices in {', '.join(self.currencies)} don't compare in sorts and filters: set BASE_CURRENCY and "
                "CURRENCY_RATES (docs/catalogue.md)"
            )
        if self.kept:
            yield f"Nothing was deleted that the file no longer has: {self.kept}"
        if self.stopped:
            yield f"Stopped before the end of the file: {self.stopped}"


def _kind(kinds: dict[str, Kind], name: str) -> Kind:
    return kinds.setdefault(name if name in kinds or len(kinds) < _KINDS else _OTHERS, Kind())


def _sorted(kinds: dict[str, Kind]) -> list[tuple[str, Kind]]:
    return sorted(kinds.items(), key=lambda item: -item[1].count)


def _by_count(kinds: dict[str, Kind]) -> list[dict[str, Any]]:
    return [{"kind": name, **asdict(kind)} for name, kind in _sorted(kinds)]


def _places(examples: Sequence[dict[str, Any]], count: int) -> str:
    """Write what happened where, such as ``line 3: '5 €' -> 5.0; line 7``."""
    first = examples[0]
    shown = f"{first['before']} became {first['after']}" if "before" in first else first["reason"]
    return f"line {first['line']:,}: {shown}{_more(examples, count)}"


def _more(examples: Sequence[dict[str, Any]], count: int) -> str:
    """Write the lines of all examples but the first."""
    lines = _numbers(example["line"] for example in examples[1:])
    return (f"; lines {lines}" if lines else "") + (" ..." if count > _EXAMPLES else "")


def _numbers(lines: Iterable[int]) -> str:
    return ", ".join(f"{line:,}" for line in Counter(lines))
