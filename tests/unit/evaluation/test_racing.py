from collections.abc import Callable

import pytest
from rich.console import Console

from evaluation import contenders, libraries, tables
from evaluation.clustered import category, clustered
from evaluation.contenders import Answer, Contender
from evaluation.racing import race
from evaluation.workload import Task, tasks

CATALOGUE = clustered(500, seed=3)


def always(answer: Answer) -> Contender:
    def prepare(task: Task) -> Callable[[], Answer]:
        return lambda: answer

    return prepare


def test_brute_force_finds_all_and_a_constant_answer_does_not() -> None:
    steps: list[None] = []
    entrants = {"brute": libraries.brute_force(CATALOGUE), "constant": always(Answer(list(range(24)), 7))}
    tracks = race(entrants, tasks(CATALOGUE, 0.5, 6), CATALOGUE, step=lambda: steps.append(None))
    assert tracks["brute"].recall == 1.0
    assert tracks["brute"].totals_true
    assert tracks["constant"].recall < 0.5
    assert not tracks["constant"].totals_true
    assert [len(track.milliseconds) for track in tracks.values()] == [6, 6]
    assert len(steps) == 6


def test_missing_libraries_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("evaluation.libraries.importlib.import_module", missing)
    lines: list[str] = []
    assert libraries.available(lines.append) == {}
    assert [line.split()[0] for line in lines] == ["hnswlib", "NMSLIB"]
    assert "pip install nmslib" in lines[1]


@pytest.mark.parametrize(
    "build", [contenders.relevance, contenders.exact, contenders.knn(24, 100, 3.0), contenders.naive_script]
)
def test_every_contender_asks_for_the_same_page(build: Callable[[Task], list[contenders.Request]]) -> None:
    [task] = tasks(CATALOGUE, 0.1, 1)
    requests, [yardstick] = build(task), contenders.relevance(task)
    asked = requests[0] | {name: requests[-1][name] for name in ("aggs", "track_total_hits")}
    assert {**asked, "query": None} == {**yardstick, "query": None}
    assert (asked["size"], asked["track_total_hits"]) == (24, True)
    assert all(category(0.1) in str(request["query"]) for request in requests)


def test_what_misses_the_goal_is_red() -> None:
    [task] = tasks(CATALOGUE, 0.5, 1)
    tracks = race({tables.RELEVANCE: always(Answer([])), "poor": always(Answer([]))}, [task], CATALOGUE)
    tracks[tables.RELEVANCE].milliseconds, tracks["poor"].milliseconds = [10.0], [25.0]
    console = Console(width=120, record=True)
    console.print(tables.speed_table(0.5, 250, tracks, []))
    assert console.export_text(styles=True).count("\x1b[31m") == 3  # both ratios and the recall
