"""How gunicorn serves the shop; it reads this file by itself where it is started in this folder."""

from pathlib import Path
from typing import Any

wsgi_app = "webapp:create_app()"
worker_class = "webapp.server.BufferingWorker"  # slow clients keep none of its threads waiting
workers, threads = 2, 60  # threads: all that webapp/budgets.py admits, and some for what never waits
timeout, graceful_timeout, keepalive = 60, 30, 5
max_requests, max_requests_jitter = 50_000, 5_000  # what may leak, leaks no further
worker_connections = 500  # per process; each may need a file of its own, and 1,024 is a common limit of those
# A heartbeat on a disk that blocks would have a healthy worker killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# webapp/access_log.py writes the access log; gunicorn's has queries, which say what somebody likes, and addresses.
accesslog = None


def on_starting(_server: object) -> None:
    """Refuse to start on an Elasticsearch that is too old."""
    from indexer.elastic.client import check_version
    from indexer.errors import ProductSearchError
    from indexer.settings import Settings

    try:
        check_version(Settings.from_environment())
    except ProductSearchError as error:
        raise SystemExit(str(error)) from error


def post_fork(_server: object, worker: Any) -> None:
    """Log as the settings say, and serve metrics on a port of their own."""
    from indexer.settings import Settings
    from webapp.access_log import PrivacyFilter
    from workers import logs, metrics

    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    own = worker.log.error_log
    own.handlers.clear()
    own.propagate = True
    own.addFilter(PrivacyFilter(settings.log_addresses))
    if settings.metrics_port:
        metrics.serve(settings.metrics_port)
