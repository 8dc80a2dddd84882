"""What a server is to its callers, and the state file by which a later run finds it again."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

STATE_FILE = "service.json"

Say = Callable[[str], None]


class ServiceError(Exception):
    """A server could not be brought up or stopped; the message says what is at fault and what to do."""


class UnavailableError(Exception):
    """One of several ways can't be taken here; the message is the one line that says why."""


@dataclass(frozen=True)
class Service:
    """A server that answers.

    Attributes
    ----------
    name
        `Elasticsearch` or `Redis`.
    url
        Where it answers. May hold a password, so it is left out of the representation.
    how
        How it came up, one line for a person, without secrets.
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
    """What is remembered of a server that was started on a data folder.

    `pid` and `created` (the process's start time) are those of an embedded server; `compose` is the name of a
    service that was started by Docker Compose.
    """

    name: str
    url: str
    how: str
    pid: int = 0
    created: float = 0.0
    compose: str = ""


def save_state(folder: Path, state: State) -> None:
    """Write the state file of a data folder, whole or not at all."""
    partial = folder / f"{STATE_FILE}.partial"
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # the address of a compose server holds its password
    partial.write_text(json.dumps(asdict(state), indent=1))
    partial.replace(folder / STATE_FILE)


def load_state(folder: Path) -> State | None:
    """Return what the state file of a data folder says, or None where there is none that can be read."""
    try:
        return State(**json.loads((folder / STATE_FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    except PermissionError as error:
        raise ServiceError(f"{folder / STATE_FILE} belongs to another user; stop that server as that user") from error


def forget_state(folder: Path) -> None:
    """Remove the state file of a data folder."""
    (folder / STATE_FILE).unlink(missing_ok=True)
