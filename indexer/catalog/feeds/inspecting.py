"""What would become of a file if it were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from indexer.catalog.events import Delete, Upsert, parse_line
from indexer.catalog.feeds.feed import Feed
from indexer.catalog.feeds.profile import Profile
from indexer.catalog.feeds.proposing import currency_mapping, propose, read_proposal
from indexer.catalog.file_products import FileProducts
from indexer.catalog.products import Product
from indexer.catalog.values.changes import Change, Changes
from indexer.errors import CatalogError

_FIRST = 5  # products that are shown
_SAMPLE = 10_000  # rows that a mapping is proposed from
_STEP = 1_000  # rows between two steps of a progress bar


@dataclass
class Refusals:
    """Rows that would be refused for reasons of one kind: how many, the line of the first, and why it is."""

    count: int
    line: int
    why: str


@dataclass
class Changed:
    """Values that reading changes by one rule: how many, the line of the first, and its change."""

    count: int
    line: int
    first: Change


@dataclass
class Inspection:
    """A file's columns, its first products, and what would be refused.

    Attributes
    ----------
    feed : Feed
        How it is read: of an unknown format, with the proposed mapping.
    proposal : str
        A mapping file, if the format is unknown or says no currency.
    repeated : int
        Rows with the id of an earlier one, which they would replace.
    """

    feed: Feed
    proposal: str = ""
    profile: Profile = field(default_factory=Profile)
    changed: dict[str, Changed] = field(default_factory=dict)
    products: list[Product] = field(default_factory=list)
    refused: dict[str, Refusals] = field(default_factory=dict)
    written: int = 0
    deleted: int = 0
    repeated: int = 0
    _file: FileProducts = field(default_factory=FileProducts)
    _without_currency: bool = False

    @classmethod
    def of(cls, feed: Feed) -> Inspection:
        """Begin with a file that `recognise` opened; one of an unknown format gets a mapping, if that is possible."""
        if feed.format or feed.mapping:
            return cls(feed)
        sample = Profile()
        for _ in islice(sample.watch(feed.rows()), _SAMPLE):
            pass
        toml = propose(sample.columns)
        return cls(replace(feed, mapping=read_proposal(toml)), toml)

    def run(self) -> Iterator[int]:
        """Read the whole file in flat memory.

        Yields
        ------
        int
            Rows read, from time to time.
        """
        folder, rows = self.feed.path.resolve().parent, self.profile.watch(self.feed.rows())
        for count, (line, product) in enumerate(self.feed.products(rows), 1):
            self._take(line, product, folder)
            if count % _STEP == 0:
                yield self.profile.rows
        if self.feed.format and not self.feed.mapping and self._without_currency:
            self.proposal = currency_mapping(self.feed.format.name)
        yield self.profile.rows

    def _take(self, line: int, product: object, folder: Path) -> None:
        try:
            if isinstance(product, CatalogError):
                raise product
            event = parse_line(product, folder, changes=(changes := Changes()))
        except CatalogError as error:
            self.refused.setdefault(error.kind, Refusals(0, line, str(error))).count += 1
            return
        for change in changes:
            self.changed.setdefault(change.rule, Changed(0, line, change)).count += 1
        if isinstance(event, Delete):
            self.deleted += 1
            return
        self.written += 1
        self.repeated += self._file.add(event)
        if isinstance(event, Upsert):
            if len(self.products) < _FIRST:
                self.products.append(event.product)
            self._without_currency |= event.product.price is not None and event.product.currency is None
