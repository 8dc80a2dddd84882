"""The report of a call of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """What one call did, by product id."""

    written: list[str] = field(default_factory=list)  # the vector is in the product's document
    waiting: list[str] = field(default_factory=list)  # activations are stored; no vector space is fitted yet
    current: list[str] = field(default_factory=list)  # nothing to do: the vector is up to date
    gone: list[str] = field(default_factory=list)  # the product was deleted
    busy: list[str] = field(default_factory=list)  # Elasticsearch refused it for now
    failed: dict[str, str] = field(default_factory=dict)  # why; the aspects that didn't fail are written
    unavailable: list[str] = field(default_factory=list)  # those of which an image may be available later

    images: int = 0  # embedded or checked, for products that were not current

    def add(self, other: Report) -> None:
        """Add the report of another call."""
        for name in ("written", "waiting", "current", "gone", "busy", "unavailable"):
            getattr(self, name).extend(getattr(other, name))
        self.failed |= other.failed
        self.images += other.images
