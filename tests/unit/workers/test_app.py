from types import SimpleNamespace

import pytest
from celery import Celery

from demo.fleet import all_commands
from indexer.settings import Settings
from workers import app, priority, resources


def _taken(options: list[str]) -> set[str]:
    """Return the queues that a worker takes, as Celery reads its options."""
    queues = Celery("test", set_as_current=False, task_queues=app.configuration()["task_queues"]).amqp.queues
    names = options[options.index("--exclude-queues") + 1] if "--exclude-queues" in options else None
    if names:
        queues.deselect(names.split(","))
    else:
        queues.select(options[options.index("--queues") + 1].split(","))
    return set(queues.consume_from)


def test_each_queue_has_one_worker() -> None:
    taken = {name: _taken(options) for name, options in all_commands("workers.app").items()}
    assert taken["embedder"] == {app.EMBEDDING}
    assert taken["photos"] == {app.INTERACTIVE}
    assert taken["writer"] == set(app.QUEUES) - {app.EMBEDDING, app.INTERACTIVE}


def test_a_new_queue_is_taken_by_the_writing_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "QUEUES", (*app.QUEUES, "reports"))
    taking = [name for name, options in all_commands("workers.app").items() if "reports" in _taken(options)]
    assert taking == ["writer"]


def test_what_is_accepted_from_redis_is_json_and_tasks_of_ours() -> None:
    import workers.tasks  # noqa: F401 - registers them

    config = app.configuration()
    assert config["accept_content"] == ["json"]
    assert config["task_serializer"] == "json"
    ours = {name for name in app.app.tasks if not name.startswith("celery.")}
    assert ours == {
        "workers.accept_events", "workers.write_events", "workers.embed_products", "workers.embed_waiting",
        "workers.embed_photo", "workers.embed_text", "workers.wake", "workers.reconcile", "workers.prune",
        "workers.sample_recall", "workers.judge_experiment",
        "workers.sweep_attached", "workers.check_health", "workers.write_interactions",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("queues", "lowered"),
    [
        ({app.EMBEDDING}, [7]),
        ({app.INTERACTIVE}, []),
        ({app.EMBEDDING, app.INTERACTIVE}, []),
        ({app.WRITING, app.HOUSEKEEPING}, []),
    ],
)
def test_a_worker_that_embeds_only_products_leaves_the_cpu_to_others(
    monkeypatch: pytest.MonkeyPatch, queues: set[str], lowered: list[int]
) -> None:
    from workers import tasks

    nice, consumed = list[int](), set[str]()
    settings = Settings(elasticsearch_url="http://localhost:9", redis_url="redis://localhost:9", embedding_nice=7)
    monkeypatch.setattr(resources, "settings", lambda: settings)
    monkeypatch.setattr(tasks, "check_version", lambda _: None)
    monkeypatch.setattr(tasks, "_queues", consumed)
    monkeypatch.setattr(priority, "lower", nice.append)
    tasks.prepare_worker(
        SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=queues))))
    )
    assert nice == lowered
    assert consumed == queues
