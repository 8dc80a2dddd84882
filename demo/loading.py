"""Loads a shop that is open meanwhile: products as they come, a first vector space early, the rest at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress, TaskID

from demo.learning import learn_attributes, learn_from_truth
from demo.milestones import Milestones
from demo.processes import Child
from demo.services.service import Say
from demo.sources import Catalogue
from demo.waiting import STALLED_S, wait_until, work_of_children
from indexer import synonyms
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError, ProductSearchError, SpaceError
from indexer.rollouts.rollout import Rollout, prune
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings
from workers.enqueue import enqueue_embeddings
from workers.errors import RedisUnavailableError
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues
from workers.queues.loading_progress import LoadingState

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline
    from indexer.spaces.vector_space import VectorSpace

FIRST = 300  # embedded products that the first vector space is fitted on
_OPENING = 48  # products that the shop opens with: two pages
_GROWN = 1.5  # times the products of the first space, from which on another one is worth it
_STILL = 20  # looks at an unchanged number of waiting products, after which they are queued again
_FAILURES = 3  # products whose failure is explained
_SYNONYMS = Path(__file__).with_name("synonyms.txt")


class Loading:
    """Loads a catalogue through the workers of a shop.

    Parameters
    ----------
    children : list of Child
        The processes of the shop, which are started again if they end; more can be added.
    milestones : Milestones
        What earlier runs have reached.
    """

    def __init__(
        self, settings: Settings, catalogue: Catalogue, children: Sequence[Child], milestones: Milestones, say: Say
    ) -> None:
        self._settings, self._catalogue, self.children = settings, catalogue, children
        self._milestones, self._say = milestones, say
        self._index = ProductIndex.open(settings)
        self._step = "Writing and embedding products"
        self._before, self._still = -1, 0
        self._was_complete = milestones.reached.is_complete and self._is_embedded()

    @cached_property
    def _pipeline(self) -> Pipeline:
        from indexer.embedding.pipeline import Pipeline

        return Pipeline.from_settings(self._settings)

    def begin(self) -> None:
        """Write as many products as the shop can open with."""
        if self._was_complete:
            return
        self._index.ensure()
        if self._catalogue.truth:  # of our own catalogue
            rules = synonyms.parse_rules(_SYNONYMS.read_text().splitlines())
            synonyms.change(self._index, rules, author="sandbox")
        written = 0

        def can_open() -> bool:
            nonlocal written
            written += self._write()
            return written >= _OPENING or self._catalogue.is_written

        self._wait(can_open, lambda: written)
        self._index.refresh()
        self._note(self._index.counts())

    def complete(self) -> None:
        """Load all that the shop lacks. It can be stopped at any moment, and goes on from there when it is called anew.

        Raises
        ------
        ProductSearchError
            A process ends again and again, or does nothing any more.
        """
        if self._was_complete:
            done = self._index.counts()["done"]
            self._say(f"Index: {done:,} products with vectors, from an earlier run ({self._index.alias})")
            return
        try:
            with self._bars() as bars:
                self._embed(bars)
            self._refit()
            self._learn()
        except SpaceError as error:
            self._say(f"There is no vector space, so nothing is sorted by similarity. {error}")
        finally:
            self._end()

    def _embed(self, bars: Callable[[dict[str, int]], None]) -> None:
        """Have all products embedded; as soon as some are, fit the vector space that the vectors need."""
        if self._index.space() is None:
            self._follow(bars, self._unembedded, self._can_fit)
            self._fit()
        self._enqueue()
        self._follow(bars, lambda: self._index.counts()["pending"])

    def _can_fit(self, counts: dict[str, int]) -> bool:
        return counts["all"] - self._unembedded() >= FIRST or self._index.space() is not None

    def _fit(self) -> None:
        from indexer.spaces.fitting import fit_space

        self._going_on("Fitting the vector space on the first products")
        embedded = self._index.counts()["all"] - self._unembedded()
        self._milestones.note(fitted_on=embedded)
        try:
            space = fit_space(self._index, self._pipeline.vectorizers) if self._index.space() is None else None
        except IndexStateError:
            if self._index.space() is None:
                raise
            space = None
        if space is None:  # `lookalike load` and `fit` fit one, too; it is fitted again when all products are there
            self._say(f"Vector space: {self._index.space()}, which another command has fitted")
        else:
            self._say_fitted(space, embedded)
        self._going_on("Writing and embedding products")

    def _say_fitted(self, space: VectorSpace, embedded: int) -> None:
        dims = ", ".join(f"{name} {r.dims} dimensions" for name, r in space.reductions.items())
        self._say(f"Vector space: {space.digest} fitted on the first {embedded:,} products ({dims})")

    def _refit(self) -> None:
        """Fit the vector space again if the first one knew little of the catalogue, and change over to it."""
        fitted_on, done = self._milestones.reached.fitted_on, self._index.counts()["done"]
        if fitted_on is None or done < _GROWN * fitted_on:
            return
        self._going_on(f"Fitting the vector space again, on all {done:,} products")
        watch = Watch(say=self._say, step=lambda _: self._check())
        try:
            Rollout(self._index, lambda: self._pipeline, Options(refit=True), watch).rebuild()
        except IndexStateError as error:
            self._say(f"The vector space stays the one of the first {fitted_on:,} products. {error}")
            return
        self._milestones.note(fitted_on=None)
        prune(self._index)

    def _learn(self) -> None:
        if self._catalogue.truth:
            self._going_on("Fitting aspect weights and the match percentage")
            learn_from_truth(self._index, self._catalogue.truth, self._say)
        self._going_on("Learning attributes from the pictures")
        learn_attributes(self._index, self._pipeline.vectorizers, self._say)
        self._milestones.note(is_complete=True)
        counts = self._index.counts()
        self._say(f"Vectors: {counts['done']:,} written, {counts['failed']:,} failed")
        for failed in self._index.failures(_FAILURES) if counts["failed"] else ():
            self._say(f"  {failed['id']}: {failed['embedding']['reason']}")

    def _follow(
        self,
        bars: Callable[[dict[str, int]], None],
        waiting: Callable[[], int],
        is_enough: Callable[[dict[str, int]], bool] = lambda _: False,
    ) -> None:
        """Write what comes, and show progress, until all is written and nothing waits, or until there is enough."""

        def is_done() -> bool:
            self._write()
            counts = self._index.counts()
            bars(counts)
            self._note(counts)
            left = waiting()
            self._queue_again(left)
            return (self._catalogue.is_written and left == 0) or is_enough(counts)

        self._wait(is_done, lambda: self._before)

    def _queue_again(self, left: int) -> None:
        """Queue again what waits and isn't embedded, such as products whose worker read of no vector space."""
        self._still = self._still + 1 if left == self._before else 0
        self._before = left
        if left and self._still and self._still % _STILL == 0:
            self._enqueue()

    def _enqueue(self) -> None:
        self._index.refresh()
        enqueue_embeddings(self._index.ids_without_vector(), self._settings)

    def _wait(self, ready: Callable[[], bool], progress: Callable[[], object]) -> None:
        def checked() -> bool:
            self._check()
            return ready()

        if not wait_until(checked, lambda: (progress(), work_of_children()), poll_s=1.0):
            logs = ", ".join(str(child.log) for child in self.children)
            raise ProductSearchError(f"Nothing has been done for {STALLED_S:.0f} s; the logs are {logs}")

    def _check(self) -> None:
        for child in self.children:
            child.keep(self._say)

    def _write(self) -> int:
        """Write the products that have come, queue them, and count them."""
        ids = self._catalogue.write_new(self._settings)
        enqueue_embeddings(ids, self._settings)
        return len(ids)

    def _unembedded(self) -> int:
        return self._index.unembedded()

    def _is_embedded(self) -> bool:
        try:
            return self._index.space() is not None and self._index.counts()["pending"] == 0
        except IndexStateError:
            return False

    def _going_on(self, step: str) -> None:
        """Show what goes on from now, on the console and on the pages for staff."""
        self._check()
        self._step = step
        self._say(step)
        self._note(self._index.counts())

    def _note(self, counts: dict[str, int]) -> None:
        total = max(self._catalogue.total, counts["all"])
        state = LoadingState(step=self._step, products=counts["all"], compared=counts["done"], total=total)
        with Queues.open(self._settings, COMMAND) as queues:
            queues.loading.note(state)

    def _end(self) -> None:
        try:
            with Queues.open(self._settings, COMMAND) as queues:
                queues.loading.end()
        except RedisUnavailableError as error:
            self._say(f"Pages may go on to say that the shop is being loaded: {error}")

    @contextmanager
    def _bars(self) -> Iterator[Callable[[dict[str, int]], None]]:
        with progress_bar() as progress:
            tasks = [progress.add_task(name, total=None) for name in ("Products in the shop", "With vectors")]
            yield lambda counts: self._show(progress, tasks, counts)

    def _show(self, progress: Progress, tasks: list[TaskID], counts: dict[str, int]) -> None:
        total = max(self._catalogue.total, counts["all"])
        for task, done in zip(tasks, (counts["all"], counts["done"] + counts["failed"]), strict=True):
            progress.update(task, completed=done, total=total)
