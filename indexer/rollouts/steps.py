"""The steps of a rebuild and of a rollback. Each can be repeated, so that another run can continue from any of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from more_itertools import chunked

from es_mappings import product
from indexer.elastic import write_targets
from indexer.elastic.containment import bisect_on_error
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.report import Report
from indexer.errors import IndexStateError, ProductSearchError
from indexer.relevance import calibration
from indexer.relevance.golden import Judgement
from indexer.rollouts import comparing
from indexer.rollouts.carrying import Pair, carry, carry_ids, changed, changes, checkpoints_of
from indexer.rollouts.comparing import Thresholds
from indexer.rollouts.state import Running
from indexer.spaces.fitting import fit
from indexer.spaces.recipe import Recipe
from indexer.spaces.vector_space import load_space

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

log = logging.getLogger(__name__)

_ROUNDS = 20  # of carrying over what changed meanwhile; each takes a fraction of the time of the one before
_PASSES = 5  # over the products without a vector, because the catalogue keeps changing
_CHUNK = 256  # products between two steps of a progress bar


@dataclass(frozen=True)
class Options:
    """The options of a rollout.

    Attributes
    ----------
    refit : bool
        Whether to fit the reductions again on the stored activations, even if the models are the same.
    space : str or None
        Digest of a fitted vector space to use.
    shards : int
        Of the new index.
    replicas : int, optional
        Of the new index; by default one where there is a node for it.
    anyway : bool
        Whether to swap whatever the comparison says.
    """

    refit: bool = False
    space: str | None = None
    shards: int = 1
    replicas: int | None = None
    anyway: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds)
    judgements: Sequence[Judgement] = field(default=(), repr=False)


@dataclass(frozen=True)
class Watch:
    """Callbacks: `step` with its name before each, `say` with a line to print, `progress` with task, done and total."""

    step: Callable[[str], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None
    progress: Callable[[str, int, int], None] = lambda *_: None


class Steps:
    """The steps of a rollout under way, a method each.

    Parameters
    ----------
    save : callable
        Writes the rollout's state; raises IndexStateError if another process has taken over.
    """

    def __init__(
        self,
        index: ProductIndex,
        pipeline: Callable[[], Pipeline],
        options: Options,
        watch: Watch,
        run: Running,
        save: Callable[[], None],
    ) -> None:
        self._index, self._pipeline = index, pipeline
        self._options, self._watch, self._run, self._save = options, watch, run, save
        self._old, self._new = index.at(run.old_index), index.at(run.new_index)

    def create(self) -> None:
        """Create the new index, with its vector space unless one has to be fitted."""
        options = self._options
        if self._index.client.indices.exists(index=self._new.name):
            return
        space = self._space_without_fit()
        self._index.create(self._new.name, space, shards=options.shards, replicas=options.replicas)
        meta = self._old.meta()
        if meta.get("match") and space == meta.get("space"):
            self._new.stamp(match=meta["match"])
        if meta.get("weights"):
            self._new.stamp(weights=meta["weights"])

    def _space_without_fit(self) -> str | None:
        """Return the digest of the new index's space; None if one has to be fitted."""
        current, models = self._old.space(), self._pipeline().vectorizers.digests
        if self._options.space:
            space = load_space(self._index, self._options.space)
            if space.layout != product.LAYOUT or not space.vectorizers.items() <= models.items():
                raise IndexStateError(f"The vector space {space.digest} is not of these models and aspects")
            return space.digest
        if current is None or self._options.refit or not self._old.is_current():
            return None
        return current if load_space(self._index, current).vectorizers == models else None

    def join(self) -> None:
        """Direct every write to the new index too."""
        targets = write_targets.resolve(self._index)
        if self._new.name not in targets.writes:
            write_targets.retarget(self._index, [*targets.writes, self._new.name])

    def copy(self) -> None:
        """Carry over the documents that the new index lacks, until a round finds none."""
        run, pair = self._run, Pair.of(self._old, self._new)
        for number in range(_ROUNDS):
            total, done, carried = changed(self._old, run.checkpoints), 0, 0
            for page in changes(pair, run.checkpoints):
                carried += carry(pair, page)
                done += len(page)
                self._watch.progress("Copying products" if number == 0 else "Catching up", done, max(done, total))
                self._save()
            if not carried:
                return

    def fit(self) -> None:
        """Fit the vector space of the new index on the stored activations; missing ones are computed first."""
        current = self._old.space()
        if self._new.space() or current is None:
            return
        pipeline = self._pipeline()
        self._vectorize("Embedding")  # what isn't stored yet: nothing if the models are the same
        recipe = Recipe.of(load_space(self._index, current))
        space = fit(self._index, pipeline.vectorizers, recipe, retake=pipeline.retake)
        self._new.stamp_space(space.digest)
        self._watch.say(f"Fitted the vector space {space.digest}")

    def vectors(self) -> None:
        """Make the vectors that are still missing, from stored activations where possible."""
        if self._new.space() is None:
            return
        before = -1
        for _ in range(_PASSES):
            waiting = self._vectorize("Making vectors")
            if waiting in {0, before}:
                return
            before = waiting

    def _vectorize(self, what: str) -> int:
        """Go once through the products that wait for a vector, and count them."""
        self._new.refresh()
        ids = list(self._new.ids_without_vector())
        done = 0
        for part in chunked(ids, _CHUNK):
            for _ in bisect_on_error(partial(self._pipeline().vectorize_in, self._new.name), part, self._leave):
                pass
            done += len(part)
            self._watch.progress(what, done, len(ids))
            self._save()  # stops this process if another one has taken over
        return len(ids)

    def _leave(self, product_id: str, error: Exception) -> Report:
        """Leave a product without a vector; once its index is live, workers try it again and note the reason."""
        log.error("no vector in %s: %s: %s", self._new.name, type(error).__name__, error, extra={"product": product_id})
        return Report(failed={product_id: str(error)})

    def compare(self) -> None:
        """Make the new index equal to the old one, and check whether it is as good.

        Raises
        ------
        IndexStateError
            It isn't, and the options don't say to swap anyway.
        """
        run, options = self._run, self._options
        if self._is_swapped():
            return
        self.copy()
        self.vectors()
        judgements = options.judgements if run.kind == "rebuild" else ()
        if judgements and self._old.meta().get("match"):
            self._calibrate(judgements)
        anchors = 100 if run.kind == "rebuild" else 0
        differences = self._make_equal()
        comparison = comparing.compare(
            self._old, self._new, differences=differences, judgements=judgements, anchors=anchors
        )
        self._watch.say(f"{run.old_index} -> {run.new_index}: {comparison}")
        faults = comparison.faults(options.thresholds)
        if faults and not options.anyway:
            raise IndexStateError(
                f"{run.new_index} is not swapped in: {'; '.join(faults)}. The same command with --anyway swaps all the "
                "same; --abandon gives it up."
            )

    def _calibrate(self, judgements: Sequence[Judgement]) -> None:
        try:
            calibration.calibrate(self._new, judgements)
        except ProductSearchError as error:
            self._watch.say(f"The match percentage is not calibrated for the new vectors: {error}")

    def _make_equal(self) -> int:
        """Compare product by product, carry over those that differ, and count those that still do."""
        pair = Pair.of(self._old, self._new)
        total = int(self._index.client.count(index=self._old.name)["count"])
        different = comparing.different(
            self._old, self._new, lambda done: self._watch.progress("Comparing", done, max(done, total))
        )
        for number in range(5):
            if not different:
                break
            # A product being written differs for a moment; if it still does later, the live index's state wins.
            time.sleep(0.2 * number)
            carry_ids(pair, different, force=number > 1)
            different = comparing.still_different(self._old, self._new, different)
        return len(different)

    def swap(self) -> None:
        """Move the alias to the new index, atomically: readers see one index or the other, never none or both."""
        run, client, alias = self._run, self._index.client, self._index.alias
        if self._is_swapped():
            return
        self.copy()
        self.vectors()
        run.at_swap = checkpoints_of(client, run.new_index)
        self._save()
        options = client.indices.get_alias(index=run.old_index, name=alias)[run.old_index]["aliases"][alias]
        write_targets.retarget(
            self._index,
            write_targets.resolve(self._index).writes,
            [
                {"remove": {"index": run.old_index, "alias": alias, "must_exist": True}},
                {"add": {"index": run.new_index, "alias": alias, **options}},
            ],
        )
        self._watch.say(f"{alias} is {run.new_index} now; {run.old_index} is kept")

    def _is_swapped(self) -> bool:
        return write_targets.resolve(self._index).live == self._run.new_index

    def settle(self) -> None:
        """Carry over writes that were addressed to the old index alone and arrived after the last round."""
        self.copy()
        self.vectors()
