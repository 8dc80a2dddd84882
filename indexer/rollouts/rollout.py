"""Move a shop from one index to another: start, continue after a crash, abandon, or finish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from es_mappings import product
from indexer.digests import manifest_digest
from indexer.elastic import write_targets
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.rollouts.state import KeptIndex, Running, State, StateStore
from indexer.rollouts.steps import Options, Steps, Watch

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

STEPS = {
    "rebuild": ("create", "join", "copy", "fit", "vectors", "compare", "swap", "settle"),
    "rollback": ("copy", "vectors", "compare", "swap", "settle"),
}


class Rollout:
    """Moves a shop from one index to another.

    Parameters
    ----------
    pipeline : callable
        Makes the pipeline of the settings; called only if it is needed, because it loads the models.
    """

    def __init__(
        self,
        index: ProductIndex,
        pipeline: Callable[[], Pipeline],
        options: Options | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._index, self._pipeline = index, pipeline
        self._options, self._watch = options or Options(), watch or Watch()
        self._store = StateStore(index)

    def rebuild(self) -> str:
        """Build an index for the current mapping and models, make it the live one, and return its name.

        Raises
        ------
        IndexStateError
            It is not as good as the live one, another rollout is under way, or Elasticsearch refused something.
            Finished steps stay done: the next call continues from there.
        """
        options = self._options
        settings = product.settings(language=self._index.language)
        schema = {
            "mapping": product.mapping(None, self._index.vector_index),
            "settings": settings,
            "space": options.space,
        }
        models = self._pipeline().vectorizers.digests
        inputs = manifest_digest({**schema, "models": models, "refit": options.refit})

        def begin(live: str, _: State) -> Running:
            return Running("rebuild", live, self._index.new_name(), inputs)

        return self._take("rebuild", inputs, begin)

    def rollback(self) -> str:
        """Make the previously live index live again, with everything written since, and return its name.

        Raises
        ------
        IndexStateError
            No index is kept, or for the reasons of `rebuild`.
        """

        def begin(live: str, state: State) -> Running:
            if state.kept is None or state.kept.index not in write_targets.resolve(self._index).writes:
                raise IndexStateError(f"No index is kept that {self._index.alias} could go back to")
            return Running("rollback", live, state.kept.index, "", checkpoints=dict(state.kept.checkpoints))

        return self._take("rollback", "", begin)

    def _take(self, kind: str, inputs: str, begin: Callable[[str, State], Running]) -> str:
        state = self._store.read()
        live = write_targets.resolve(self._index).live
        if state.running is None:
            state.running = begin(live, state)
        else:
            self._check(state.running, kind, inputs, live)
        run = state.running

        def save() -> None:
            self._store.save(state)

        save()
        steps = Steps(self._index, self._pipeline, self._options, self._watch, run, save)
        for step in STEPS[run.kind]:
            if step not in run.done:
                self._watch.step(step)
                getattr(steps, step)()
                run.done.append(step)
                save()
        self._watch.step("prune")
        prune(self._index, keep=[run.old_index])
        self._watch.step("end")
        state.running, state.kept = None, KeptIndex(run.old_index, run.at_swap)
        save()
        return run.new_index

    def _check(self, run: Running, kind: str, inputs: str, live: str) -> None:
        if (run.kind, run.inputs) != (kind, inputs):
            raise IndexStateError(
                f"A {run.kind} to {run.new_index} is under way, begun {run.begun_at} with another mapping, other "
                "models or options. Go on with it as it was begun, or give it up by "
                f"`lookalike {run.kind} --abandon`."
            )
        if live not in {run.old_index, run.new_index}:
            raise IndexStateError(
                f"{self._index.alias} is {live} now; give the {run.kind} to {run.new_index} up by "
                f"`lookalike {run.kind} --abandon`."
            )
        self._watch.say(
            f"Going on with the {run.kind} to {run.new_index}, begun {run.begun_at}: {', '.join(run.done)} done"
        )

    def abandon(self) -> str | None:
        """Give up a rollout that is under way, and return the name of the index that would have been live.

        Raises
        ------
        IndexStateError
            It is live already.
        """
        state = self._store.read()
        run, targets = state.running, write_targets.resolve(self._index)
        if run is None:
            return None
        if targets.live == run.new_index:
            raise IndexStateError(f"{run.new_index} is live already: run `{run.kind}` to its end, then `rollback`")
        state.running = None
        self._store.save(state)
        if run.kind == "rebuild":
            prune(self._index, keep=[name for name in targets.writes if name != run.new_index])
        return run.new_index


def prune(index: ProductIndex, *, keep: Sequence[str] | None = None) -> list[str]:
    """Delete all product indices of a shop except the live one and ``keep``; return their names."""
    targets = write_targets.resolve(index)
    kept = [name for name in targets.writes if name in {targets.live, *(keep or ())}]
    if list(targets.writes) != kept:
        write_targets.retarget(index, kept)
    old = [name for name in index.versions(closed=True) if name not in kept]
    if old:
        index.client.indices.delete(index=old, ignore_unavailable=True)
    return old
