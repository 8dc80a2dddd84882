"""What may be written to a product index. The writes of a document are in the order of their sequence numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.chaos.checks.violation import Violation
from tests.faults.chaos.history import History, IndexSpace, Written


def by_document(history: History) -> dict[tuple[str, str], list[Written]]:
    """Return the writes of each document, by index and product, in the order in which they took effect."""
    writes: dict[tuple[str, str], list[Written]] = defaultdict(list)
    for write in history.of(Written):
        writes[write.index, write.product].append(write)
    return {key: sorted(found, key=lambda w: w.seq_no) for key, found in writes.items()}


def versions_never_go_back(history: History) -> Iterator[Violation]:
    """No write replaces a newer version of the product, or of one of its fields."""
    for (index, product), writes in by_document(history).items():
        newest: dict[str, int] = {}
        for write in writes:
            if write.state is None:
                continue
            versions = {"version": write.state.version, **({} if write.state.deleted else write.state.fields)}
            for name, version in versions.items():
                if version < newest.get(name, -1):
                    detail = f"{write.script} set {name} of {product} in {index} to {version} after {newest[name]}"
                    yield Violation("versions never go back", detail, write.ended)
            newest |= {name: max(version, newest.get(name, -1)) for name, version in versions.items()}


def no_deleted_product_returns(history: History) -> Iterator[Violation]:
    """Only an event that is newer than a delete brings the product back."""
    for (index, product), writes in by_document(history).items():
        deleted = -1
        for write in writes:
            if write.state is None:
                continue
            if write.state.deleted:
                deleted = max(deleted, write.state.version)
            elif write.state.version <= deleted:
                back = f"{product} of version {write.state.version} back in {index}"
                detail = f"{write.script} brought {back}, deleted at {deleted}"
                yield Violation("no deleted product returns", detail, write.ended)


def no_vector_of_another_space_or_picture(history: History) -> Iterator[Violation]:
    """A vector in an index is of that index's space, of the product's picture, and of the source it names."""
    spaces = {record.index: record.space for record in history.of(IndexSpace)}
    name = "no vector of another space or of an older picture"
    for write in history.of(Written):
        state = write.state
        if state is None or state.fits is None:
            continue
        what = f"{write.script} left {write.product} of version {state.version} in {write.index} a vector"
        if not state.fits:
            yield Violation(name, f"{what} that isn't its picture's", write.ended)
        if write.index in spaces and state.space != spaces[write.index]:
            yield Violation(name, f"{what} of {state.space}, not of {spaces[write.index]}", write.ended)
        if state.status == "done" and state.embedded_source != state.source:
            yield Violation(name, f"{what} that counts as done, but is of another source", write.ended)
