"""How a fit reduces the look aspect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from indexer.errors import SpaceError
from indexer.relevance.golden import Grades, products_in
from indexer.relevance.splits import refuse_leakage
from indexer.spaces.reduction.explaining import Point
from indexer.spaces.vector_space import VectorSpace

Kind = Literal["pca", "whitened", "random", "learned"]
LEARNING = "look"  # the aspect that `Recipe` is about; the others have a PCA


@dataclass(frozen=True)
class Recipe:
    """How the look aspect is reduced.

    Attributes
    ----------
    dims : int, optional
        Fewer than the aspect has room for; the rest stays zero.
    grades : dict, optional
        A golden set that chooses the mix of a learned projection and judges the number of dimensions; without one,
        the catalogue's labels do.
    likes : dict, optional
        Judgements, or a shop's own counts of what is liked together: pairs of grade 2 and 3 teach a learned projection.
    explain : callable, optional
        Called with the quality at each number of dimensions and the fewest that suffice, which are used unless `dims`
        is set.
    """

    kind: Kind = "pca"
    dims: int | None = None
    grades: Grades | None = None
    likes: Grades | None = None
    explain: Callable[[list[Point], Point], None] | None = None

    def __post_init__(self) -> None:
        """Refuse likes that the reduction can't learn from, or that overlap with the golden set."""
        if self.likes and self.kind != "learned":
            raise SpaceError(f"A {self.kind} reduction learns nothing from likes; ask for a learned one")
        if self.likes and self.grades:
            refuse_leakage(products_in(self.likes), products_in(self.grades))

    @classmethod
    def of(cls, space: VectorSpace) -> Recipe:
        """Return the recipe of another space; a learned projection is learned again, from labels alone."""
        kind = space.reductions[LEARNING].manifest["kind"] if LEARNING in space.reductions else "pca"
        by_kind: dict[str, Kind] = {
            "whitened": "whitened",
            "random": "random",
            "learned": "learned",
            "within": "learned",
        }
        return cls(by_kind.get(kind, "pca"))
