"""``python -m tests.faults.chaos.run``: disturb a shop, record everything, and check it. `make chaos` calls it."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
from elastic_transport import TransportError
from elasticsearch import ApiError

from demo.services import start_elasticsearch
from demo.waiting import wait_until, work_of_children
from indexer.attached.sweep import Sweep
from indexer.elastic.dead_letters import DeadLetters
from indexer.errors import ProductSearchError
from tests.faults.chaos import looking, schedule
from tests.faults.chaos.checks import violations
from tests.faults.chaos.history import Accepted, History, Performed, RolledOut, Stuck
from tests.faults.chaos.operations import Operations
from tests.faults.chaos.report import report
from tests.faults.chaos.shop import ChaosShop
from workers.dead_letters import requeue
from workers.errors import QueueError
from workers.queues.handle import Queues

DATA = Path(__file__).resolve().parents[3] / ".data" / "chaos"

# Operations that each lane does at least, so that a busy machine tests as much as a quiet one.
_QUICK_PACE = 3.0
LEAST = {"events": 40, "searches 1": 15, "faults": 4, "rollouts": 2, "attaching": 3}


@dataclass
class Run:
    """A run of a schedule.

    Attributes
    ----------
    seconds : float
        How long it goes on at least.
    least : mapping of str to int
        Operations of each lane before it ends.
    patient : bool
        Whether to let everything come to rest even if there are violations already.
    calm : bool
        Whether to leave out the faults and the second operator, for planted faults need neither; it ends only after
        the alias has moved.
    pace : float
        By how much pauses between operations are longer than drawn.
    """

    shop: ChaosShop
    seed: int
    seconds: float
    least: Mapping[str, int]
    patient: bool = True
    calm: bool = False
    pace: float = 1
    done: Counter[str] = field(default_factory=Counter)  # operations by lane

    def perform(self) -> None:
        """Open the shop, disturb it until the time is over, and let it come to rest."""
        shop, first = self.shop, schedule.first_events()
        app = shop.open(first)
        self.operations = Operations(shop, app)
        for event in first:
            shop.history.add(Accepted(time.monotonic(), time.monotonic(), event))
        left_out = {"faults", *(["rollouts beside"] if self.calm else ())}
        lanes = [self._thread(self._lane, name) for name in schedule.LANES if name not in left_out]
        watching = threading.Event()
        watchers = [self._thread(watch, shop, watching) for watch in (looking.watch_alias, looking.watch_foreign)]
        self._thread(self._end_in_time)
        # In this thread, because the kernel ends the servers and workers that a thread started when the thread ends.
        if self.calm:
            self.operations.ending.wait()
        else:
            self._lane("faults")
        shop.heal()
        for thread in lanes:
            thread.join()
        if self.patient or not violations(shop.history):
            self._settle()
        watching.set()
        for watcher in watchers:
            watcher.join()

    def _thread(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        def run() -> None:
            try:
                target(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has failed
                traceback.print_exc()
                self._stuck(f"{target.__name__} {arguments} ended: {type(error).__name__}: {error}")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _stuck(self, what: str) -> None:
        now = time.monotonic()
        self.shop.history.add(Stuck(now, now, what))

    def _lane(self, name: str) -> None:
        # What takes long sets how long a run takes; meanwhile the other lanes needn't keep the machine busy.
        pace = 1 if name in {"faults", "rollouts", "attaching"} else self.pace
        for operation in schedule.lane(name, self.seed):
            if self.operations.ending.wait(operation.pause * pace):
                return
            began = time.monotonic()
            outcome = getattr(self.operations, operation.kind)(**operation.arguments) or ""
            if name == "faults":
                self.shop.restart_dead_workers()
            ended, arguments = time.monotonic(), operation.arguments
            self.shop.history.add(Performed(began, ended, name, operation.kind, arguments, outcome))
            self.done[name] += 1

    def _end_in_time(self) -> None:
        """End the lanes once the time is over and the least operations are done."""
        try:
            self._wait()
        finally:
            self.operations.ending.set()

    def _wait(self) -> None:
        end = time.monotonic() + self.seconds

        def enough() -> bool:
            swapped = any(rollout.index for rollout in self.shop.history.of(RolledOut))
            return all(self.done[name] >= count for name, count in self.least.items()) and (swapped or not self.calm)

        while time.monotonic() < end:
            time.sleep(0.1)
        if not wait_until(enough, lambda: (dict(self.done), work_of_children())):
            self._stuck(f"the lanes did {dict(self.done)} operations, and go on no more")

    def _settle(self) -> None:
        """Let everything come to its end as a person would, and record what there is then."""
        shop, operations = self.shop, self.operations
        self._until(self._is_idle, "writing and embedding everything")
        looking.record_products(shop, "at rest")
        for kind in ("rebuild", "rollback"):
            outcomes = self._finish(kind)
            if outcomes[-1] != "done":
                self._stuck(f"the last {kind}: {outcomes}")
            self._until(self._is_idle, f"embedding what the {kind} left")
            looking.record_products(shop, kind)
        operations.detach()  # an earlier one may have been interrupted
        looking.record_foreign(shop, attached=False)
        operations.attach()
        self._until(self._is_swept, "sweeping the attached index")
        looking.record_foreign(shop, attached=True)
        operations.detach()
        looking.record_foreign(shop, attached=False)

    def _finish(self, kind: str) -> list[str]:
        """Run a rollout until it is done; another one that is under way is run to its end first."""
        outcomes = list[str]()
        for _ in range(3):
            outcomes.append(self.operations.roll(kind))
            if outcomes[-1] == "done":
                break
            if "rollback" in outcomes[-1]:
                outcomes.append(self.operations.roll("rollback"))
        return outcomes

    def _until(self, ready: Callable[[], bool], what: str) -> None:
        def is_ready() -> bool:
            self.shop.restart_dead_workers()
            try:
                return ready()
            except (ApiError, TransportError, QueueError, ProductSearchError):
                return False

        if not wait_until(is_ready, lambda: (self._waiting(), work_of_children()), stalled_s=90):
            self._stuck(f"{what}; left: {self._waiting()}")

    def _waiting(self) -> dict[str, int]:
        with Queues.open(self.shop.settings) as queues:
            self.shop.index.refresh()
            return {
                "events": queues.events.depth(),
                "to embed": queues.embedding.depth(),
                "in progress": queues.embedding.in_progress(),
                "without vector": len(list(self.shop.index.ids_without_vector(retry_failed=True))),
            }

    def _is_idle(self) -> bool:
        letters = DeadLetters(self.shop.index)
        if found := list(letters.all()):
            with Queues.open(self.shop.settings) as queues:
                requeue(found, letters, queues)
            return False
        return not any(self._waiting().values())

    def _is_swept(self) -> bool:
        swept = Sweep(self.shop.shop_index, self.shop.pipeline).run(self.shop.foreign, retry_failed=True)
        return not (swept.written or swept.failed or swept.later)


@click.command()
@click.option("--seconds", default=3_600.0, show_default=True, help="How long to go on.")
@click.option("--seed", type=int, help="Of the schedule; by default a new one.")
@click.option("--bugs", default="", help="Faults to plant, and no others: version, source, swap.")
@click.option("--folder", type=click.Path(path_type=Path), default=DATA, show_default=True, help="History and logs.")
@click.option("--quick", is_flag=True, help="Do a few operations in each lane at least; end at the first violations.")
def main(*, seconds: float, seed: int | None, bugs: str, folder: Path, quick: bool) -> None:
    """Disturb a shop at random, and check everything that it answered and stored meanwhile."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything is cleaned up then, too
    seed = secrets.randbelow(10**6) if seed is None else seed
    folder = folder / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    click.echo(f"Seed {seed}, {seconds:.0f} s; history and logs are in {folder}")
    elasticsearch = start_elasticsearch(
        DATA / "elasticsearch", url=os.environ.get("ELASTICSEARCH_URL"), compose=False, say=click.echo
    )
    history = History(folder / "history.jsonl")
    shop = ChaosShop(elasticsearch.url, folder, history, bugs)
    least = {name: count for name, count in LEAST.items() if quick and not (bugs and name == "faults")}
    run = Run(shop, seed, seconds, least, patient=not quick, calm=bool(bugs), pace=_QUICK_PACE if quick else 1)
    try:
        run.perform()
    finally:
        shop.close()
        elasticsearch.stop()
        history.close()
    found = violations(history)
    text = report(history, found)
    (folder / "report.txt").write_text(text + "\n", encoding="utf-8")
    click.echo(text)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
