"""A shop's way from one index to another: begun, gone on with after a crash, given up, or brought to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch

from es_mappings import product
from indexer.digests import manifest_digest
from indexer.elastic import indices, write_targets
from indexer.errors import IndexStateError
from indexer.rollouts.state import Kept, Running, State, StateStore
from indexer.rollouts.steps import Options, Steps, Watch

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline  # loads torch

STEPS = {
    "rebuild": ("create", "join", "copy", "fit", "vectors", "compare", "swap", "settle"),
    "rollback": ("copy", "vectors", "compare", "swap", "settle"),
}


class Rollout:
    """Takes a shop from one index to another.

    Parameters
    ----------
    pipeline : callable
        Gives the pipeline of the settings; called where vectors have to be made, since it loads the models.
    """

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        pipeline: Callable[[], Pipeline],
        options: Options | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._client, self._alias, self._pipeline = client, alias, pipeline
        self._options, self._watch = options or Options(), watch or Watch()
        self._store = StateStore(client, alias)

    def rebuild(self) -> str:
        """Build an index for the mapping and models of today, and let it be the live one; give its name.

        Raises
        ------
        IndexStateError
            It is not as good as the live one, another rollout is under way, or Elasticsearch refused something.
            What is done is kept: the next call goes on from there.
        """
        options = self._options
        made = {"mapping": product.mapping(None), "settings": product.settings(), "space": options.space}
        models = self._pipeline().vectorizers.digests
        made_for = manifest_digest({**made, "models": models, "refit": options.refit})

        def begin(live: str, _: State) -> Running:
            return Running("rebuild", live, indices.new_name(self._alias), made_for)

        return self._take("rebuild", made_for, begin)

    def rollback(self) -> str:
        """Let the index that was live before be so again, with all that was written since; give its name.

        Raises
        ------
        IndexStateError
            None is kept, or what `rebuild` raises.
        """

        def begin(live: str, state: State) -> Running:
            if state.kept is None or state.kept.index not in write_targets.resolve(self._client, self._alias).writes:
                raise IndexStateError(f"No index is kept that {self._alias} could go back to")
            return Running("rollback", live, state.kept.index, "", checkpoints=dict(state.kept.checkpoints))

        return self._take("rollback", "", begin)

    def _take(self, kind: str, made_for: str, begin: Callable[[str, State], Running]) -> str:
        state = self._store.read()
        live = write_targets.resolve(self._client, self._alias).live
        if state.running is None:
            state.running = begin(live, state)
        else:
            self._check(state.running, kind, made_for, live)
        run = state.running

        def save() -> None:
            self._store.save(state)

        save()
        steps = Steps(self._client, self._alias, self._pipeline, self._options, self._watch, run, save)
        for step in STEPS[run.kind]:
            if step not in run.done:
                self._watch.step(step)
                getattr(steps, step)()
                run.done.append(step)
                save()
        self._watch.step("prune")
        prune(self._client, self._alias, keep=[run.source])
        self._watch.step("end")
        state.running, state.kept = None, Kept(run.source, run.at_swap)
        save()
        return run.target

    def _check(self, run: Running, kind: str, made_for: str, live: str) -> None:
        if (run.kind, run.made_for) != (kind, made_for):
            raise IndexStateError(
                f"A {run.kind} to {run.target} is under way, begun {run.begun_at} with another mapping, other models "
                f"or options. Go on with it as it was begun, or give it up by `python -m indexer {run.kind} --abandon`."
            )
        if live not in {run.source, run.target}:
            raise IndexStateError(
                f"{self._alias} is {live} by now; give the {run.kind} to {run.target} up by "
                f"`python -m indexer {run.kind} --abandon`."
            )
        self._watch.say(
            f"Going on with the {run.kind} to {run.target}, begun {run.begun_at}: {', '.join(run.done)} done"
        )

    def abandon(self) -> str | None:
        """Give a rollout up that is under way; give the name of what would have been live.

        Raises
        ------
        IndexStateError
            It is live already.
        """
        state = self._store.read()
        run, found = state.running, write_targets.resolve(self._client, self._alias)
        if run is None:
            return None
        if found.live == run.target:
            raise IndexStateError(f"{run.target} is live already: run `{run.kind}` to its end, then `rollback`")
        state.running = None
        self._store.save(state)
        if run.kind == "rebuild":
            prune(self._client, self._alias, keep=[index for index in found.writes if index != run.target])
        return run.target


def prune(client: Elasticsearch, alias: str, *, keep: Sequence[str] | None = None) -> list[str]:
    """Delete the product indices of an alias but these, by default but the live one; give their names."""
    found = write_targets.resolve(client, alias)
    kept = [index for index in found.writes if index in {found.live, *(keep or ())}]
    if list(found.writes) != kept:
        write_targets.retarget(client, alias, kept)
    old = [index for index in indices.all_of(client, alias) if index not in kept]
    if old:
        client.indices.delete(index=old, ignore_unavailable=True)
    return old
