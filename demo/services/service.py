"""A server as its callers see it, and the state file by which later runs find it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

STATE_FILE = "service.json"

Say = Callable[[str], None]


class ServiceError(Exception):
    """A server could not be started or stopped; the message says why and what to do."""


class UnavailableError(Exception):
    """One of several ways doesn't work here; the message says why in one line."""


@dataclass(frozen=True)
class Service:
    """A server that answers.

    Attributes
    ----------
    name
        `Elasticsearch` or `Redis`.
    url
        Its address. May contain a password, so it is left out of the representation.
    how
        How it was started, one line for people, without secrets.
    """

    name: str
    url: str = field(repr=False)
    how: str
    stopper: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    def stop(self) -> None:
        """Stop the server if this process started it; otherwise do nothing."""
        if self.stopper is not None:
            self.stopper()


@dataclass(frozen=True)
class State:
    """The stored state of a server that was started on a data folder.

    `pid` and `created` (the process's start time) belong to an embedded server; `compose` is the name of a service
    that was started by Docker Compose.
    """

    name: str
    url: str
    how: str
    pid: int = 0
    created: float = 0.0
    compose: str = ""


def save_state(folder: Path, state: State) -> None:
    """Write the state file of a data folder atomically."""
    partial = folder / f"{STATE_FILE}.partial"
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # the address of a compose server holds its password
    partial.write_text(json.dumps(asdict(state), indent=1))
    partial.replace(folder / STATE_FILE)


def load_state(folder: Path) -> State | None:
    """Read the state file of a data folder; None if it is missing or invalid.

    Raises
    ------
    ServiceError
        The file belongs to another user.
    """
    try:
        return State(**json.loads((folder / STATE_FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    except PermissionError as error:
        raise ServiceError(f"{folder / STATE_FILE} belongs to another user; stop that server as that user") from error


def forget_state(folder: Path) -> None:
    """Remove the state file of a data folder."""
    (folder / STATE_FILE).unlink(missing_ok=True)
