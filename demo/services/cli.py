"""``python -m demo.services``: servers that keep running between test runs, until taken down."""

import shlex
from pathlib import Path

import click

from demo.services import ServiceError, start_elasticsearch, start_redis, stop_started
from demo.services import compose as docker
from demo.services.probe import elasticsearch_ready, elasticsearch_version, redis_version, without_password
from demo.services.process import is_alive
from demo.services.service import State, load_state

PARTS = ("elasticsearch", "redis")


def _say(line: str) -> None:
    click.echo(line, err=True)  # the shell evaluates standard output


@click.group()
def main() -> None:
    """Elasticsearch and Redis for development and tests."""


folder_option = click.option(
    "--folder", type=click.Path(path_type=Path), default=Path(".data"), show_default=True, help="Folder for their data."
)


@main.command()
@folder_option
@click.option("--heap", default="1g", show_default=True, help="Java heap of an embedded Elasticsearch.")
@click.option("--compose/--no-compose", default=True, help="Whether Docker Compose may be used.")
@click.option(
    "--elasticsearch-url", envvar="ELASTICSEARCH_URL", help="Use this server instead. [env: ELASTICSEARCH_URL]"
)
@click.option("--redis-url", envvar="REDIS_URL", help="Use this server instead. [env: REDIS_URL]")
def up(folder: Path, heap: str, compose: bool, elasticsearch_url: str | None, redis_url: str | None) -> None:
    """Start both servers and leave them running.

    Use it as `eval "$(python -m demo.services up)"`: it prints their addresses as export lines for the shell.
    """
    try:
        search = start_elasticsearch(
            folder / "elasticsearch", url=elasticsearch_url, heap=heap, compose=compose, say=_say
        )
        _say(search.how)
        queue = start_redis(folder / "redis", url=redis_url, compose=compose, say=_say)
        _say(queue.how)
    except ServiceError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"export ELASTICSEARCH_URL={shlex.quote(search.url)}")
    click.echo(f"export REDIS_URL={shlex.quote(queue.url)}")


@main.command()
@folder_option
def down(folder: Path) -> None:
    """Stop the servers that run on the folder."""
    for part in reversed(PARTS):
        try:
            stopped = stop_started(folder.resolve() / part)
        except ServiceError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"stopped: {stopped.how}" if stopped else f"{part}: nothing runs on {folder / part}")


@main.command()
@folder_option
def status(folder: Path) -> None:
    """Print what runs on the folder; the exit status is 1 unless both answer."""
    all_answer = True
    for part in PARTS:
        state = load_state(folder.resolve() / part)
        answers = state is not None and _answers(state)
        all_answer = all_answer and answers
        if state is None:
            click.echo(f"{part}: nothing was started on {folder / part}")
        else:
            click.echo(f"{part}: {'answers' if answers else 'does not answer'}, {state.how}")
    raise SystemExit(0 if all_answer else 1)


@main.command()
def env() -> None:
    """Write .env with fresh secrets for `docker compose up`, unless it exists."""
    path = docker.PROJECT / ".env"
    click.echo(f"wrote {path}" if docker.write_env(path) else f"{path} exists and was left unchanged")


def _answers(state: State) -> bool:
    if not state.compose and not is_alive(state.pid, state.created):
        return False
    try:
        if state.name == "Redis":
            return redis_version(state.url) is not None
        if state.compose:
            return elasticsearch_version(state.url, proxies=False) is not None
        return elasticsearch_ready(state.url) is not None
    except ServiceError as error:
        _say(f"{without_password(state.url)}: {error}")
        return False
