"""The document that a rollout goes on from."""

from dataclasses import asdict

from indexer.rollouts.state import Kept, Running, State

RUNNING = Running("rebuild", "shop-1", "shop-2", "a digest", ["create"], {"0": 7}, begun_at="2026-11-28T09:00:00Z")


def test_reads_what_it_writes() -> None:
    state = State(RUNNING, Kept("shop-0", {"0": 3}))
    assert State.of(asdict(state)) == state
    assert State.of(asdict(State())) == State()


def test_reads_a_run_that_version_0_1_began() -> None:
    stored = asdict(RUNNING)
    for old, new in (("source", "old_index"), ("target", "new_index"), ("made_for", "inputs")):
        stored[old] = stored.pop(new)
    assert State.of({"running": stored, "kept": None, "owner": "a process", "at": "now"}).running == RUNNING
