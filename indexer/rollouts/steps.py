"""The steps of a rebuild and of a rollback. Each may be taken again, so that another run goes on from any of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch

from es_mappings import product
from indexer.elastic import indices, write_targets
from indexer.errors import IndexStateError, ProductSearchError
from indexer.relevance import calibration
from indexer.relevance.golden import Judgement
from indexer.rollouts import comparing
from indexer.rollouts.carrying import Pair, carry, carry_ids, changed, changes, checkpoints_of
from indexer.rollouts.comparing import Thresholds
from indexer.rollouts.state import Running
from indexer.spaces.fitting import Recipe, fit
from indexer.spaces.vector_space import load_space

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline  # loads torch

_ROUNDS = 20  # of carrying over what changed meanwhile; each takes a fraction of the one before
_PASSES = 5  # over the products without vector: the catalogue goes on changing
_CHUNK = 256  # products between two steps of a progress bar


@dataclass(frozen=True)
class Options:
    """How a rebuild differs from one without options.

    Attributes
    ----------
    refit : bool
        Whether reductions are fitted anew on the activations that are kept, though the models are the same.
    space : str or None
        Digest of a vector space that is fitted already and shall be used.
    shards, replicas : int
        Of the new index.
    anyway : bool
        Whether to swap whatever the comparison says.
    """

    refit: bool = False
    space: str | None = None
    shards: int = 1
    replicas: int = 0
    anyway: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds)
    judgements: Sequence[Judgement] = field(default=(), repr=False)


@dataclass(frozen=True)
class Watch:
    """Who is told how it goes: each step before it is taken, lines for people, and what is done of how much."""

    step: Callable[[str], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None
    progress: Callable[[str, int, int], None] = lambda *_: None


class Steps:
    """What a rollout under way does, step by step.

    Parameters
    ----------
    save : callable
        Notes how far it is, and raises IndexStateError where another process has taken over.
    """

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        pipeline: Callable[[], Pipeline],
        options: Options,
        watch: Watch,
        run: Running,
        save: Callable[[], None],
    ) -> None:
        self._client, self._alias, self._pipeline = client, alias, pipeline
        self._options, self._watch, self._run, self._save = options, watch, run, save

    def create(self) -> None:
        """Make the target, holding a vector space from the beginning where none has to be fitted."""
        run, options, client = self._run, self._options, self._client
        if client.indices.exists(index=run.target):
            return
        space = self._space_without_fit()
        indices.create_index(client, run.target, space, shards=options.shards, replicas=options.replicas)
        held = indices.meta(client, run.source)
        if held.get("match") and space == held.get("space"):
            indices.stamp_match(client, run.target, held["match"])
        if held.get("weights"):
            indices.stamp_weights(client, run.target, held["weights"])

    def _space_without_fit(self) -> str | None:
        """Name the space that the new index holds from the beginning; None where one has to be fitted."""
        client, held = self._client, indices.space_of(self._client, self._run.source)
        models = self._pipeline().vectorizers.digests
        if self._options.space:
            space = load_space(client, self._alias, self._options.space)
            if space.layout != product.LAYOUT or not space.vectorizers.items() <= models.items():
                raise IndexStateError(f"The vector space {space.digest} is not of these models and aspects")
            return space.digest
        if held is None or self._options.refit or not indices.is_current(client, self._run.source):
            return None
        return held if load_space(client, self._alias, held).vectorizers == models else None

    def join(self) -> None:
        """Have every write go to the target too."""
        found = write_targets.resolve(self._client, self._alias)
        if self._run.target not in found.writes:
            write_targets.retarget(self._client, self._alias, [*found.writes, self._run.target])

    def copy(self) -> None:
        """Carry over what the source has and the target lacks, until a round finds nothing that it lacks."""
        run, pair = self._run, Pair.of(self._client, self._run.source, self._run.target)
        for number in range(_ROUNDS):
            total, done, lacked = changed(self._client, pair.source, run.checkpoints), 0, 0
            for page in changes(self._client, pair.source, run.checkpoints, vectors=pair.same_space):
                lacked += carry(self._client, self._alias, pair, page)
                done += len(page)
                self._watch.progress("Copying products" if number == 0 else "Catching up", done, max(done, total))
                self._save()
            if not lacked:
                return

    def fit(self) -> None:
        """Fit the target's vector space on the activations that are kept, those made first that aren't yet."""
        run, client = self._run, self._client
        if indices.space_of(client, run.target) or indices.space_of(client, run.source) is None:
            return
        pipeline = self._pipeline()
        self._vectorize("Embedding")  # what isn't kept yet: nothing, where the models are the same
        held = load_space(client, self._alias, str(indices.space_of(client, run.source)))
        space = fit(client, self._alias, pipeline.vectorizers, Recipe.of(held))
        indices.stamp_space(client, run.target, space.digest)
        self._watch.say(f"Fitted the vector space {space.digest}")

    def vectors(self) -> None:
        """Make the vectors that are still missing, of kept activations where they are there."""
        if indices.space_of(self._client, self._run.target) is None:
            return
        before = -1
        for _ in range(_PASSES):
            waiting = self._vectorize("Making vectors")
            if waiting in {0, before}:
                return
            before = waiting

    def _vectorize(self, what: str) -> int:
        """Go once through the products that wait for a vector; give how many there were."""
        target = self._run.target
        self._client.indices.refresh(index=target)
        ids = list(indices.ids_without_vector(self._client, target))
        for start in range(0, len(ids), _CHUNK):
            self._pipeline().vectorize_in(target, ids[start : start + _CHUNK])
            self._watch.progress(what, min(start + _CHUNK, len(ids)), len(ids))
            self._save()  # so that of two processes one stops
        return len(ids)

    def compare(self) -> None:
        """Make the target equal, and see whether it is as good.

        Raises
        ------
        IndexStateError
            It isn't, and nobody said that it shall be live anyway.
        """
        run, options = self._run, self._options
        if self._is_swapped():
            return
        self.copy()
        self.vectors()
        judgements = options.judgements if run.kind == "rebuild" else ()
        if judgements and indices.meta(self._client, run.source).get("match"):
            self._calibrate(judgements)
        anchors = 100 if run.kind == "rebuild" else 0
        left = self._made_equal()
        found = comparing.compare(
            self._client, run.source, run.target, differences=left, judgements=judgements, anchors=anchors
        )
        self._watch.say(f"{run.source} -> {run.target}: {found}")
        faults = found.faults(options.thresholds)
        if faults and not options.anyway:
            raise IndexStateError(
                f"{run.target} is not swapped in: {'; '.join(faults)}. The same command with --anyway swaps all the "
                "same; --abandon gives it up."
            )

    def _calibrate(self, judgements: Sequence[Judgement]) -> None:
        try:
            calibration.calibrate(self._client, self._run.target, judgements)
        except ProductSearchError as error:
            self._watch.say(f"The match percentage is not calibrated for the new vectors: {error}")

    def _made_equal(self) -> int:
        """Compare product by product, and carry over what differs; give how many still do."""
        run, pair = self._run, Pair.of(self._client, self._run.source, self._run.target)
        total = int(self._client.count(index=run.source)["count"])
        left = comparing.different(
            self._client, run.source, run.target, lambda done: self._watch.progress("Comparing", done, max(done, total))
        )
        for number in range(5):
            if not left:
                break
            # What is written just now differs for a moment; what still does later is made as the live index has it.
            time.sleep(0.2 * number)
            carry_ids(self._client, self._alias, pair, left, force=number > 1)
            left = comparing.still_different(self._client, run.source, run.target, left)
        return len(left)

    def swap(self) -> None:
        """Have the alias lead to the target: readers see the one index or the other, never none or both."""
        run, client = self._run, self._client
        if self._is_swapped():
            return
        self.copy()
        self.vectors()
        run.at_swap = checkpoints_of(client, run.target)
        self._save()
        held = client.indices.get_alias(index=run.source, name=self._alias)[run.source]["aliases"][self._alias]
        write_targets.retarget(
            client,
            self._alias,
            write_targets.resolve(client, self._alias).writes,
            [
                {"remove": {"index": run.source, "alias": self._alias, "must_exist": True}},
                {"add": {"index": run.target, "alias": self._alias, **held}},
            ],
        )
        self._watch.say(f"{self._alias} is {run.target} now; {run.source} is kept")

    def _is_swapped(self) -> bool:
        return write_targets.resolve(self._client, self._alias).live == self._run.target

    def settle(self) -> None:
        """Carry over what was addressed to the old index alone before the swap and arrived after the last round."""
        self.copy()
        self.vectors()
