"""The stored state that a rollout continues from."""

from dataclasses import asdict

from indexer.rollouts.state import KeptIndex, Running, State

RUNNING = Running("rebuild", "shop-1", "shop-2", "a digest", ["create"], {"0": 7}, begun_at="2026-11-28T09:00:00Z")


def test_a_stored_state_is_read_back() -> None:
    state = State(RUNNING, KeptIndex("shop-0", {"0": 3}))
    assert State.of(asdict(state)) == state
    assert State.of(asdict(State())) == State()


def test_a_rollout_that_version_0_1_began_is_read() -> None:
    stored = asdict(RUNNING)
    for old, new in (("source", "old_index"), ("target", "new_index"), ("made_for", "inputs")):
        stored[old] = stored.pop(new)
    assert State.of({"running": stored, "kept": None, "owner": "a process", "at": "now"}).running == RUNNING
