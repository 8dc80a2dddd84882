"""What must be true at the end, when all servers are back and nothing waits any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.chaos import catalogue
from tests.faults.chaos.catalogue import Event
from tests.faults.chaos.checks.violation import Violation
from tests.faults.chaos.history import Accepted, Final, FinalForeign, History, State, Stuck


def nothing_accepted_is_lost(history: History) -> Iterator[Violation]:
    """Each product is what its accepted events say, in every index that is kept, with the vector of its picture."""
    events: dict[str, list[Event]] = defaultdict(list)
    for accepted in history.of(Accepted):
        events[catalogue.product_of(accepted.event)].append(accepted.event)
    finals = history.of(Final)
    states = {(final.index, final.product): final for final in finals}
    for index in sorted({final.index for final in finals}):
        for product, sent in sorted(events.items()):
            final = states.get((index, product))
            if fault := _fault(catalogue.newest(sent), final.state if final else None):
                at = final.ended if final else 0.0
                yield Violation("nothing accepted is lost", f"{product} in {index} {fault}", at)
    for final in finals:
        if final.product not in events and not final.state.deleted:
            detail = f"{final.product} in {final.index} is of no event"
            yield Violation("nothing accepted is lost", detail, final.ended)


def _fault(expected: Event | None, state: State | None) -> str:
    """Return what is wrong with a product; an empty text if nothing is."""
    if expected is None:
        return "" if state is None or state.deleted else f"is back, of version {state.version}"
    if state is None or state.deleted:
        return "is gone"
    if (versions := catalogue.field_versions(expected)) != state.fields:
        return f"is {state.fields}, not {versions}"
    if (state.status, state.fits) != ("done", True):
        return f"has no vector of its picture ({state.status})"
    return ""


def everything_comes_to_its_end(history: History) -> Iterator[Violation]:
    """All queues run empty, a rebuild completes, attached documents have their vectors and detached ones none."""
    for stuck in history.of(Stuck):
        yield Violation("everything comes to its end", stuck.what, stuck.ended)
    for final in history.of(FinalForeign):
        document = final.document
        done = document.fits is True and document.embedded_picture == document.picture
        if final.attached and not done:
            detail = f"{document.product}, attached, has no vector of its picture {document.picture}"
            yield Violation("everything comes to its end", detail, final.ended)
        if not final.attached and (document.embedded_picture or document.fits is not None):
            yield Violation("everything comes to its end", f"{document.product}, detached, keeps our part", final.ended)
