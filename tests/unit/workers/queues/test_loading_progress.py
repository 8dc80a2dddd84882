"""How far a load is, whatever Redis holds."""

import pytest
import redis

from workers.queues.loading_progress import LoadingProgress, LoadingState
from workers.queues.values import ExpiringValues

STATE = LoadingState(step="Fitting", products=60, compared=20, total=100)


class Server(redis.Redis):
    """A Redis of one process."""

    def __init__(self) -> None:
        self.held: dict[str, object] = {}

    def get(self, name: str) -> object:  # type: ignore[override]
        return self.held.get(name)

    def set(self, name: str, value: str, **_: object) -> None:  # type: ignore[override]
        self.held[name] = value.encode()

    def delete(self, *names: str) -> None:  # type: ignore[override]
        for name in names:
            self.held.pop(name, None)


def test_a_load_is_read_until_it_ends() -> None:
    progress = LoadingProgress(ExpiringValues(Server()), "shop")
    assert progress.read() is None
    progress.note(STATE)
    assert progress.read() == STATE
    progress.end()
    assert progress.read() is None


@pytest.mark.parametrize(
    "held", [b"", b"\xff", b"[]", b'{"step": "x"}', b'{"step": "x", "products": -1, "compared": 0, "total": 1}']
)
def test_what_cannot_be_read_is_no_load(held: bytes) -> None:
    server = Server()
    server.held["shop:loading"] = held
    assert LoadingProgress(ExpiringValues(server), "shop").read() is None


def test_a_product_is_half_done_when_it_is_there() -> None:
    assert STATE.share == pytest.approx(0.4)
    assert STATE.model_copy(update={"products": 100, "compared": 100}).share == 1
    assert STATE.model_copy(update={"products": 0, "compared": 0, "total": 0}).share == 0
