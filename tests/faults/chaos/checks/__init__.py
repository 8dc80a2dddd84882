"""The invariants: each a function from a history to its violations. All of them are in `CHECKS`."""

from __future__ import annotations

from tests.faults.chaos.checks import aliases, endings, foreign, searches, writes
from tests.faults.chaos.checks.violation import Check, Violation
from tests.faults.chaos.history import History

__all__ = ["CHECKS", "Violation", "violations"]

CHECKS: tuple[Check, ...] = (
    writes.versions_never_go_back,
    writes.no_deleted_product_returns,
    writes.no_vector_of_another_space_or_picture,
    searches.requests_succeed_or_say_try_again,
    searches.totals_equal_the_pages,
    searches.listings_are_of_one_snapshot,
    searches.shoppers_never_see_older_versions,
    searches.products_are_as_stored,
    aliases.aliases_are_never_half_swapped,
    foreign.owners_documents_stay_theirs,
    endings.nothing_accepted_is_lost,
    endings.everything_comes_to_its_end,
)


def violations(history: History) -> list[Violation]:
    """Return everything that must not have happened."""
    return [violation for check in CHECKS for violation in check(history)]
