"""Settings of what is kept of shoppers, and how long."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

_WEEK = 7  # days


class BehaviourSettings(BaseSettings):
    """What the shop remembers of shoppers, from the environment."""

    behaviour_days: int = Field(
        30, ge=1, le=400, description="Days after a shopper's last event at which their events are deleted."
    )
    behaviour_half_life_days: float = Field(
        7.0, gt=0, le=400, description="Days after which a shopper's event counts half."
    )
    ubi_days: int = Field(
        90,
        ge=0,
        le=800,
        description="Days for which searches and what followed them are kept for the search team's reports, without "
        "who it was; a whole week is deleted at once, when its first day is as old. 0: nothing is recorded.",
    )
    photo_minutes: int = Field(
        60,
        ge=1,
        le=1440,
        description="Minutes for which a search by photo can be shared; only its vector is kept.",
    )

    @field_validator("ubi_days")
    @classmethod
    def _at_least_a_week(cls, value: int) -> int:
        if 0 < value < _WEEK:
            raise ValueError(f"must be 0, or at least {_WEEK}")
        return value
