"""The structures that Elasticsearch can keep products' vectors in, and how widely each is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# Flat: every match is compared, in eight bits, four or one. Graphs (HNSW) visit a part of them.
VectorIndexType = Literal["int8_flat", "int8_hnsw", "int4_flat", "bbq_flat", "bbq_hnsw"]

DEFAULT: VectorIndexType = "int8_flat"

# Of each type: candidates that a search considers, and how many of them it compares exactly for each one it keeps.
# The fewer bits a vector has, the more of its neighbours only the exact comparison tells apart.
_FIRST_WIDTHS: dict[str, tuple[int, float]] = {
    "int8_flat": (240, 1.5),
    "int8_hnsw": (500, 1.5),
    "int4_flat": (240, 3.0),
    "bbq_flat": (240, 10.0),
    "bbq_hnsw": (1_000, 5.0),
}
_MOST_CANDIDATES, _MOST_OVERSAMPLE = 10_000, 10.0  # that Elasticsearch takes


@dataclass(frozen=True)
class SearchWidth:
    """How widely the vectors of an index are searched.

    Attributes
    ----------
    index_type : str
        ``index_options.type`` of the vectors.
    factor : float
        How many times as many candidates are considered as at first: doubled while the sampled recall is too low.
    """

    index_type: str = DEFAULT
    factor: float = 1.0

    @property
    def num_candidates(self) -> int:
        """Candidates that a search considers."""
        return min(_MOST_CANDIDATES, round(_FIRST_WIDTHS[self.index_type][0] * self.factor))

    @property
    def oversample(self) -> float:
        """Candidates that are compared exactly for each one that is kept."""
        return min(_MOST_OVERSAMPLE, _FIRST_WIDTHS[self.index_type][1] * self.factor)

    @property
    def is_greatest(self) -> bool:
        """Whether a greater factor would change nothing."""
        return self.num_candidates == _MOST_CANDIDATES and self.oversample == _MOST_OVERSAMPLE

    def wider(self) -> SearchWidth:
        """Return the next greater width."""
        return SearchWidth(self.index_type, 2 * self.factor)

    def to_meta(self) -> dict[str, Any]:
        """Return it in the form of ``_meta.vectors``."""
        return {"type": self.index_type, "factor": self.factor}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> SearchWidth:
        """Read it from a mapping's ``_meta``; an index that doesn't say is of the default type."""
        vectors = meta.get("vectors", {})
        return cls(str(vectors.get("type", DEFAULT)), float(vectors.get("factor", 1.0)))
