"""Experiments: started and stopped, what visits get of them, and what is counted."""

import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment
from es_mappings.product import LAYOUT
from indexer.cli.main import main
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError, RelevanceError
from indexer.experiments.counting import count
from indexer.experiments.interleaving import team_draft
from indexer.experiments.judging import AUTHOR, look_again
from indexer.experiments.log import Experiments
from indexer.experiments.results import ALL
from indexer.relevance.golden import read_judgements
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.publications import Publications
from indexer.relevance.ubi import Acted, Shown
from indexer.settings import Settings
from search.cursors import Cursors
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.trials import Trial

PRODUCTS, SIZE = 60, 12
COLORS = Configuration(name="colors", weights={"look": 0.0, "style": 0.0, "color": 1.0, "text": 0.0, "attributes": 0.0})
LOOKS = Configuration(name="looks", weights={"look": 1.0, "style": 0.0, "color": 0.0, "text": 0.0, "attributes": 0.0})
LIKED = SearchParameters(like=("p0",), size=SIZE)


@pytest.fixture
def index(settings: Settings, client: Elasticsearch) -> Iterator[ProductIndex]:
    """Return an index whose order by look is another one than by colour."""
    index = ProductIndex(client, f"{settings.index_name}-tried-{secrets.token_hex(4)}")
    index.create(f"{index.alias}-1", "space", aliases={index.alias: {}})
    random = np.random.default_rng(5)

    def actions() -> Iterator[dict[str, object]]:
        for n in range(PRODUCTS):
            vector = LAYOUT.compose({a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects})
            document = {"id": f"p{n}", "title": "Dress", "category_path": ["Dresses"], "vector": vector}
            yield {"_index": f"{index.alias}-1", "_id": f"p{n}", **document}

    bulk(client, actions(), refresh=True)
    yield index
    client.indices.delete(index=list(client.indices.get(index=f"{index.alias}-*").body))


def _experiment(**fields: Any) -> Experiment:
    return Experiment.model_validate({"name": "colors", "control": LOOKS, "treatment": COLORS, **fields})


def _ids(listing: Listing) -> list[str]:
    return [hit.product["id"] for hit in listing.result.hits]


def _pages(navigation: Navigation, trial: Trial | None) -> list[Listing]:
    pages = [navigation.listing(LIKED, trial=trial)]
    while cursor := pages[-1].next_cursor:
        pages.append(navigation.listing(LIKED.model_copy(update={"cursor": cursor}), with_facets=False))
    return pages


def test_one_experiment_at_a_time_is_started_and_stopped_once(index: ProductIndex) -> None:
    store = Experiments(index)
    run = store.start(_experiment(), "ada")
    with pytest.raises(RelevanceError, match=r"'colors' runs since .*, started by ada: stop it first"):
        store.start(_experiment(name="other"), "eve")
    with pytest.raises(RelevanceError, match="there is no experiment 'other'"):
        store.stop("other", "eve")
    store.stop("colors", "ada", "enough")
    with pytest.raises(RelevanceError, match=r"'colors' was stopped at .* by ada already"):
        store.stop("colors", "eve")
    assert store.running() is None
    assert [(r.number, r.name, r.ended_by, r.reason) for r in store.history()] == [
        (run.number, "colors", "ada", "enough")
    ]
    assert store.get(run.number).experiment == _experiment()


def test_two_who_start_at_once_start_one(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Experiments(index)
    monkeypatch.setattr(store, "_entries", lambda _: [])  # what the second one has read before the first one wrote
    store.start(_experiment(), "ada")
    with pytest.raises(EditConflictError):
        store.start(_experiment(name="other"), "eve")
    assert [run.name for run in Experiments(index).history()] == ["colors"]


def test_each_side_has_its_own_order_on_all_pages_and_others_what_is_live(index: ProductIndex) -> None:
    run = Experiments(index).start(_experiment(share=0.5), "ada")
    navigation = Navigation(index, Cursors("secret"))
    trials = [navigation.trials.of(f"visit-{n}") for n in range(60)]
    assert {t.side if t else None for t in trials} == {"control", "treatment", None}
    live = [i for page in _pages(navigation, None) for i in _ids(page)]
    orders = {}
    for side, configuration in (("control", LOOKS), ("treatment", COLORS)):
        pages = _pages(navigation, next(t for t in trials if t and t.side == side))
        assert {page.trial for page in pages} == {f"{run.number}:{side}"}
        orders[side] = [i for page in pages for i in _ids(page)]
        published = Publications(index).live().model_copy(update={"configuration": configuration})
        first = navigation.preview(LIKED, published)
        assert orders[side][:SIZE] == _ids(first)
    assert len({tuple(order) for order in [live, *orders.values()]}) == 3
    assert all(sorted(order) == sorted(live) for order in orders.values())


def test_a_page_keeps_its_side_after_the_experiment_is_stopped(index: ProductIndex) -> None:
    Experiments(index).start(_experiment(), "ada")
    trial = Trial(1, "treatment", "visit")
    order = [i for page in _pages(Navigation(index, Cursors("secret")), trial) for i in _ids(page)]
    first = Navigation(index, Cursors("secret")).listing(LIKED, trial=trial)
    Experiments(index).stop("colors", "ada")
    later = Navigation(index, Cursors("secret"))
    assert later.trials.of("visit") is None
    second = later.listing(LIKED.model_copy(update={"cursor": first.next_cursor}))
    assert _ids(second) == order[SIZE : 2 * SIZE]
    assert second.trial == "1:treatment"


def test_interleaved_pages_have_each_product_once_and_stay(index: ProductIndex) -> None:
    Experiments(index).start(_experiment(kind="interleaving"), "ada")
    navigation = Navigation(index, Cursors("secret"))
    trial = navigation.trials.of("visit-1")
    assert trial
    assert trial.side == "interleaved"
    pages = _pages(navigation, trial)
    order = [i for page in pages for i in _ids(page)]
    assert len(order) == len(set(order)) == PRODUCTS - 1 == pages[0].result.total
    assert {page.result.total for page in pages} == {PRODUCTS - 1}
    assert order == [i for page in _pages(Navigation(index, Cursors("secret")), trial) for i in _ids(page)]
    sides = [_ids(navigation.preview(LIKED, replace_configuration(index, c))) for c in (LOOKS, COLORS)]
    picks = team_draft(*sides, SIZE, f"visit-1\n{LIKED.fingerprint}")  # type: ignore[call-arg, arg-type]
    assert [(p.product_id, p.team) for p in picks] == list(zip(order[:SIZE], pages[0].teams, strict=True))
    # After the first page: the control's order, without what was shown.
    control = [i for page in _pages(navigation, replace(trial, side="control")) for i in _ids(page)]
    assert order[SIZE:] == [i for i in control if i not in order[:SIZE]]
    assert [page.teams for page in pages[1:]] == [""] * (len(pages) - 1)


def replace_configuration(index: ProductIndex, configuration: Configuration) -> Any:
    return Publications(index).live().model_copy(update={"configuration": configuration})


def test_what_orders_cannot_share_stays_as_the_control_has_it(index: ProductIndex) -> None:
    Experiments(index).start(_experiment(kind="interleaving"), "ada")
    navigation = Navigation(index, Cursors("secret"))
    for changes in ({"sort": "newest"}, {"group": True}):
        listing = navigation.listing(LIKED.model_copy(update=changes), trial=Trial(1, "interleaved", "visit"))
        assert (listing.teams, listing.trial) == ("", "")


def _visit(
    number: int,
    trial: str,
    *,
    results: int = 9,
    acted: str = "",
    team: str = "",
    like: bool = False,
    device: str = "desktop",
) -> list[Any]:
    day = dt.datetime.now(dt.UTC).strftime("%Y%m%d")
    session, query = f"{day}-{number:012}", f"{day}-query{number:019}"
    at = dt.datetime.now(dt.UTC).timestamp()
    attributes: dict[str, Any] = {"experiment": trial, "category": "Dresses/Midi", "device": device}
    attributes |= {"like": ("p0",)} if like else {}
    common: dict[str, Any] = {"session_id": session, "at": at, "query_id": query, "application": "shop"}
    shown = Shown(**common, attributes=attributes, results=results, ids=("p1",))
    if not acted:
        return [shown]
    return [shown, Acted(**common, action=acted, object_id="p1", position=1, team=team)]


def test_visits_are_counted_by_side_metric_and_segment(index: ProductIndex) -> None:
    visits = [
        *_visit(1, "1:control"),
        *_visit(2, "1:control", acted="click", like=True),
        *_visit(3, "1:treatment", acted="purchase"),
        *_visit(4, "1:treatment", results=0, device="phone"),
        *_visit(5, "2:treatment", acted="click"),  # of another experiment
    ]
    InteractionLog(index).write(visits)
    index.client.indices.refresh(index=f"{index.alias}-*")
    tallies = count(index, 1)
    assert {side: (t.visits, dict(t.counts)) for side, t in tallies[ALL].items()} == {
        "control": (2, {"clicks": 1}),
        "treatment": (2, {"orders": 1, "zero": 1}),
    }
    assert set(tallies) == {ALL, "category:Dresses", "device:desktop", "device:phone", "likes:yes", "likes:no"}
    assert {side: t.visits for side, t in tallies["device:desktop"].items()} == {"control": 2, "treatment": 1}
    assert tallies["device:phone"]["treatment"].counts == {"zero": 1}
    assert tallies["likes:yes"]["control"].counts == {"clicks": 1}
    assert tallies["likes:no"]["control"].visits == 1


def test_recorded_clicks_become_judgements(
    index: ProductIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INDEX_NAME", index.alias)
    messages = []
    for n in range(80):
        shown, *acted = _visit(n, "1:control", acted="click" if n % 2 else "")
        messages += [shown.model_copy(update={"words": "Dress", "ids": ("p1", "p2")}), *acted]
    InteractionLog(index).write(messages)
    index.client.indices.refresh(index=f"{index.alias}-*")
    out = tmp_path / "clicks.jsonl"
    done = CliRunner().invoke(main, ["judgements", "from-clicks", "--out", str(out), "--least", "1"])
    assert done.exit_code == 0, done.output
    # Nobody clicked what stood second, so nothing says how often it was looked at.
    assert [(j.topic, j.candidate) for j in read_judgements(out)] == [("q=dress", "p1")]
    assert "Left out: 80 impressions at places whose bias isn't known" in done.output


def test_an_interleaving_counts_who_prefers_whose_picks(index: ProductIndex) -> None:
    visits = [
        *_visit(1, "1:interleaved", acted="click", team="b"),
        *_visit(2, "1:interleaved", acted="click", team="b"),
        *_visit(3, "1:interleaved", acted="click", team="a"),
        *_visit(4, "1:interleaved"),
    ]
    InteractionLog(index).write(visits)
    index.client.indices.refresh(index=f"{index.alias}-*")
    tally = count(index, 1)[ALL]["interleaved"]
    assert (tally.visits, tally.preferred) == (4, {"clicks": (2, 1)})


def test_what_is_worse_beyond_doubt_is_stopped_and_live_stays(index: ProductIndex) -> None:
    store, live = Experiments(index), Publications(index).live()
    run = store.start(_experiment(minimum_visits=100), "ada")
    visits = [m for n in range(150) for m in _visit(n, "1:control", acted="click" if n % 2 else "")]
    visits += [m for n in range(150, 300) for m in _visit(n, "1:treatment")]
    InteractionLog(index).write(visits)
    index.client.indices.refresh(index=f"{index.alias}-*")
    result = look_again(index, run)
    assert result
    assert result.verdict == "worse"
    stopped = store.history()[0]
    assert (stopped.ended_by, store.running()) == (AUTHOR, None)
    assert "fewer visits with a click" in stopped.reason
    assert Publications(index).live() == live
    look = store.look(run.number)
    assert look
    assert look.tallies[ALL]["control"].visits == 150


def test_by_the_command_line(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_NAME", index.alias)
    Publications(index).save(COLORS, "ada")

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["experiments", *arguments])
        return done.exit_code, done.output if done.exception is None or done.output else str(done.exception)

    code, output = run("start", "nothing", "default")
    assert code
    assert "control and treatment are the same" in output
    code, output = run("start", "mine", "gone")
    assert "there is no configuration 'gone'" in output
    code, output = run("start", "mine", "colors", "--kind", "interleaving")
    assert not code, output
    assert "interleaving of default and colors" in output
    Publications(index).delete(Configuration, "colors", "eve")  # under the experiment: it goes on as it was
    running = Experiments(index).running()
    assert running
    assert running.experiment
    assert running.experiment.treatment == COLORS
    assert running.experiment.control == DEFAULT
    code, output = run("results")
    assert "early: 0 of 500 visits" in output
    assert run("stop", "mine")[0] == 0
    assert "stopped" in run("list")[1]
    code, output = run("stop", "mine")
    assert code
    assert "already" in output
