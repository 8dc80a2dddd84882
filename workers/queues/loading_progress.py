"""How far the first load of a shop is, while it is open already."""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workers.queues import keys
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

_KEPT = 600.0  # seconds since it was last noted: longer than any step that notes nothing

_Count = Annotated[int, Field(ge=0, le=10**12)]


class LoadingState(BaseModel):
    """How far a load is.

    Attributes
    ----------
    step : str
        What goes on, for the staff.
    products, compared, total : int
        Products in the shop, those of them with a vector, and how many there will be.
    """

    model_config = ConfigDict(frozen=True)

    step: str = Field(max_length=200)
    products: _Count
    compared: _Count
    total: _Count

    @property
    def share(self) -> float:
        """How much is done, 0 to 1: a product is half done when it is there, and wholly when it has its vector."""
        return min((self.products + self.compared) / (2 * max(self.total, 1)), 1.0)


class LoadingProgress:
    """The state of the load of one shop. Every method raises `RedisUnavailableError` while Redis is down."""

    def __init__(self, values: ExpiringValues, alias: str) -> None:
        self._values, self._key = values, keys.loading(alias)

    def note(self, state: LoadingState) -> None:
        """Note how far the load is."""
        self._values.set(self._key, state.model_dump_json(), _KEPT)

    def end(self) -> None:
        """Note that nothing is being loaded any more."""
        self._values.delete(self._key)

    def read(self) -> LoadingState | None:
        """Return how far the load is; None if there is none."""
        stored = self._values.get(self._key)
        if stored is None:
            return None
        try:
            return LoadingState.model_validate_json(stored)
        except ValidationError as error:
            log.warning("left out what Redis held instead of the state of a load: %s", error)
            return None
