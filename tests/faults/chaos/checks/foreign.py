"""What may be done to documents that are not ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.chaos.checks.violation import Violation
from tests.faults.chaos.history import ForeignRead, ForeignWritten, History


def owners_documents_stay_theirs(history: History) -> Iterator[Violation]:
    """A document is as its owner wrote it last, isn't back once deleted, and our vector is of what it names."""
    name = "owners' documents stay theirs"
    writes: dict[str, list[ForeignWritten]] = defaultdict(list)
    for write in history.of(ForeignWritten):
        writes[write.product].append(write)
    for read in history.of(ForeignRead):
        done = [w for w in writes[read.product] if w.ended < read.began]
        last = max((w.began for w in done), default=-1.0)
        possible = [w for w in writes[read.product] if last <= w.began < read.ended]
        if not any((w.version, w.picture) == (read.version, read.picture) for w in possible):
            detail = f"{read.product} is {read.version}, {read.picture}, not {[w.version for w in possible]}"
            yield Violation(name, detail, read.ended)
        if read.fits is False:
            detail = f"the vector of {read.product} is not that of {read.embedded_picture}"
            yield Violation(name, detail, read.ended)
