"""Judge the experiment that runs, and stop it by itself where it is worse beyond doubt."""

from __future__ import annotations

import datetime as dt
import logging

from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from indexer.experiments.counting import count
from indexer.experiments.log import Experiments, Look, Run
from indexer.experiments.results import Result, judge

log = logging.getLogger(__name__)

AUTHOR = "lookalike"  # who stops an experiment that is worse


def result_of(run: Run, look: Look | None) -> Result | None:
    """Return what came of an experiment by a look at it; None if it can't be read.

    Its days are those up to the look.
    """
    if run.experiment is None:
        return None
    at = look.at if look else run.at
    days = (dt.datetime.fromisoformat(at) - dt.datetime.fromisoformat(run.at)).total_seconds() / 86_400
    return judge(run.experiment, look.tallies if look else {}, days)


def look_again(index: ProductIndex, run: Run) -> Result | None:
    """Count an experiment's visits, keep the count, and return what came of it; stop it if it is worse.

    What is live doesn't change: shoppers get it again.
    """
    store = Experiments(index)
    store.note_look(run.number, count(index, run.number))
    result = result_of(run, store.look(run.number))
    if result and result.verdict == "worse" and run.is_running:
        try:
            store.stop(run.name, AUTHOR, f"worse beyond doubt: {result.reason}")
        except RelevanceError as error:  # somebody stopped it meanwhile
            log.info("experiment %s wasn't stopped: %s", run.name, error)
        else:
            log.warning("experiment %s was stopped: %s", run.name, result.reason)
    return result
