from dataclasses import replace

import pytest

from evaluation.load import tables
from evaluation.load.figures import Figures, Queued, Times, figures
from evaluation.load.goals import goals
from evaluation.load.mix import PAGES, PHOTO, STAFF
from evaluation.load.phases import Phase
from evaluation.load.traffic import Answer

SECONDS, BEST = 10.0, 10.0
GOOD = [
    *(Answer("like", n / 100, 0.0, 0.4, 200) for n in range(95)),
    *(Answer("browse", n / 100, 0.0, 0.02, 503, retry_after=True) for n in range(205)),
    *(Answer(kind, 1.0, 0.0, 0.3, 200) for kind in (PHOTO, STAFF)),
]


def _phase(answers: list[Answer], queued: Queued) -> Phase:
    kinds = {kind: figures(answers, {kind}, SECONDS) for kind in (*PAGES, PHOTO, STAFF)}
    alone: Figures = figures([Answer("search", 1.0, 0.0, 0.1, 200)], {"search"}, SECONDS)
    return Phase(30.0, 3.0, figures(answers, PAGES, SECONDS), kinds, queued, alone, queued, 0.25)


QUEUED = Queued([20] * 20, backlog=2, interactive=1, searches=3, rejected=0)


def test_a_shop_that_serves_what_it_can_and_refuses_the_rest_meets_every_goal() -> None:
    judged = goals([_phase(GOOD, QUEUED)], BEST, 2.0)
    assert all(goal.met for goal in judged), judged


@pytest.mark.parametrize(
    ("wrong", "queued", "goal"),
    [
        ([a for a in GOOD if a.kind != "like" or a.due < 0.8], QUEUED, "Served at least"),
        ([replace(a, seconds=3.5) if a.kind == "like" else a for a in GOOD], QUEUED, "p99 of served pages"),
        ([replace(a, seconds=1.5) if a.status == 503 else a for a in GOOD], QUEUED, "p90 of refusals"),
        ([*GOOD, Answer("like", 1.0, 0.0, 0.1, 500)], QUEUED, "Nothing but 200 and 503"),
        ([*GOOD, Answer("like", 1.0, 0.0, 30.0, 0)], QUEUED, "Nothing but 200 and 503"),
        ([*GOOD, Answer("like", 1.0, 0.0, 0.1, 503)], QUEUED, "Each 503 says"),
        ([*GOOD, Answer(PHOTO, 1.0, 0.0, 0.1, 503, retry_after=True)], QUEUED, "90% of photo"),
        ([*GOOD, Answer(STAFF, 1.0, 0.0, 0.1, 503, retry_after=True)], QUEUED, "90% of staff"),
        (GOOD, replace(QUEUED, in_flight=list(range(0, 400, 10))), "What is in flight"),
        (GOOD, replace(QUEUED, rejected=4), "Elasticsearch rejects"),
    ],
)
def test_each_goal_can_be_missed(wrong: list[Answer], queued: Queued, goal: str) -> None:
    missed = [one.text for one in goals([_phase(wrong, queued)], BEST, 2.0) if not one.met]
    assert len(missed) == 1
    assert missed[0].startswith(goal)


def test_tables_show_rates_times_and_what_is_unknown() -> None:
    phase = _phase([*GOOD, Answer("like", 1.0, 0.0, 30.0, 0)], QUEUED)
    [row] = tables.pages_table([phase]).rows
    assert row == ("3 x", "30.1", "9.5", "68%", "1 x none", "400", "400", "400", "20", "20", "25%")
    assert [row[0] for row in tables.kinds_table(phase).rows] == ["browse", "like", PHOTO, STAFF]
    [row] = tables.queues_table([replace(phase, queued=replace(QUEUED, backlog=None))]).rows
    assert row == ("3 x", "20", "1.0", "?", "1", "3", "0")
    assert tables.elasticsearch_table([replace(phase, elasticsearch=None)]).rows == []
    assert Times() == phase.kinds["home"].times
