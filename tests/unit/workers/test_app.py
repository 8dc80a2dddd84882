import pytest
from celery import Celery

from demo.fleet import commands
from workers import app


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
    embedder, writer = (_taken(options) for options in commands("workers.app").values())
    assert embedder == {app.EMBEDDING, app.INTERACTIVE}
    assert writer == set(app.QUEUES) - embedder


def test_a_new_queue_is_taken_by_the_writing_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "QUEUES", (*app.QUEUES, "reports"))
    embedder, writer = (_taken(options) for options in commands("workers.app").values())
    assert "reports" in writer - embedder


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
