"""The report of a call of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """What one call did, by product id."""

    written: list[str] = field(default_factory=list)  # the vector is in the product's document
    waiting: list[str] = field(default_factory=list)  # activations kept, no vector space is fitted yet
    current: list[str] = field(default_factory=list)  # nothing to do: the vector was there
    gone: list[str] = field(default_factory=list)  # the product was deleted
    busy: list[str] = field(default_factory=list)  # Elasticsearch could not take it just now
    failed: dict[str, str] = field(default_factory=dict)  # why; what could be had of its vector is written
    unavailable: list[str] = field(default_factory=list)  # of those, whose image may be had later

    images: int = 0  # looked at for those that were not current

    def add(self, other: Report) -> None:
        """Take over what another call did."""
        for name in ("written", "waiting", "current", "gone", "busy", "unavailable"):
            getattr(self, name).extend(getattr(other, name))
        self.failed |= other.failed
        self.images += other.images
