"""What loading has reached with each shop, so that the next `make demo` goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reached:
    """What was reached with one shop.

    Attributes
    ----------
    fitted_on : int or None
        Products that the vector space was fitted on, if it was fitted on the first of them.
    is_complete : bool
        Whether all that follows the last vector has been done, too.
    """

    fitted_on: int | None = None
    is_complete: bool = False


@dataclass
class Milestones:
    """What was reached with the shop of one index, kept in a file.

    Attributes
    ----------
    path : Path
        Of the file, which all shops of a data folder share.
    index : str
        ``INDEX_NAME`` of the shop.
    """

    path: Path
    index: str
    reached: Reached = field(init=False)

    def __post_init__(self) -> None:
        """Read the file; what can't be read counts as nothing."""
        stored = self._read().get(self.index)
        known = stored if isinstance(stored, dict) and stored.keys() <= asdict(Reached()).keys() else {}
        self.reached = Reached(**known)

    def note(self, **changed: Any) -> None:
        """Note what was reached."""
        self.reached = replace(self.reached, **changed)
        part = self.path.with_name(self.path.name + ".part")
        part.write_text(json.dumps({**self._read(), self.index: asdict(self.reached)}, indent=2) + "\n")
        part.replace(self.path)

    def _read(self) -> dict[str, Any]:
        try:
            stored = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}
