"""``make demo``: the whole shop on this machine, from servers to storefront."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import httpx
from rich.console import Console

from demo.fleet import all_commands, start_workers
from demo.loading import Loading
from demo.milestones import Milestones
from demo.processes import Child, start_child
from demo.services import ServiceError, start_elasticsearch, start_redis
from demo.services.process import is_free
from demo.sources import Catalogue, open_catalogue
from demo.waiting import wait_until, work_of
from es_mappings import product
from indexer.cli.console import errors_in_one_line
from indexer.cli.running_demo import RAW_QUERY, announced, export_line
from indexer.errors import ProductSearchError
from indexer.settings import Settings

console = Console(highlight=False)


def say(line: str) -> None:
    """Print a line."""
    console.print(line, markup=False, soft_wrap=True)


@click.command()
@click.option("--catalog", type=click.Path(path_type=Path), help="A file, or abo; by default one is drawn.")
@click.option("--mapping", type=click.Path(exists=True, path_type=Path), help="What the columns of the file mean.")
@click.option("--products", default=2_400, show_default=True, help="Products of the rendered catalogue.")
@click.option("--number", default=5_000, show_default=True, help="Products taken from a public catalogue.")
@click.option("--folder", default=Path(".data"), show_default=True, type=click.Path(path_type=Path))
@click.option("--port", default=5000, show_default=True, help="Port of the storefront.")
@click.option("--once", is_flag=True, help="Stop as soon as the shop is complete.")
def main(
    *, catalog: Path | None, mapping: Path | None, products: int, number: int, folder: Path, port: int, once: bool
) -> None:
    """Bring up the sandbox shop and keep it up until Ctrl-C."""
    # Both must unwind the stack below, even if a shell started this in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    with errors_in_one_line(), ExitStack() as stack:
        try:
            if not is_free(port):
                raise ProductSearchError(f"Port {port} is taken; choose another: make demo PORT={port + 1}")
            source = open_catalogue(catalog, mapping, folder.resolve(), drawn=products, taken=number, say=say)
            loading = bring_up(stack, source, folder.resolve(), port)
            say(f"The shop is open after {time.monotonic() - begun:.0f} s: http://localhost:{port}  (Ctrl-C stops it)")
            staff, _, password = os.environ["STAFF"].split(",")[0].partition(":")
            say(f"For a shell; `lookalike` takes it by itself:\n{export_line(os.environ)}\n{RAW_QUERY}")
            say(f"Pages for staff: http://localhost:{port}/ops, name {staff}, password {password}")
            loading.complete()
            say(f"The shop is complete after {time.monotonic() - begun:.0f} s")
            if not once:
                _watch(loading.children)
        except ServiceError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            say("Stopping what was started")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes running


def bring_up(stack: ExitStack, catalogue: Catalogue, folder: Path, port: int) -> Loading:
    """Start servers, workers and the shop, and open it with a catalogue's first products; the stack stops all of it.

    Returns
    -------
    Loading
        Loads the others; ``os.environ`` has the settings that its processes were started with.
    """
    catalogue.start(stack)  # the servers take a while
    for start, name, url in (
        (start_elasticsearch, "elasticsearch", os.environ.get("ELASTICSEARCH_URL")),
        (start_redis, "redis", os.environ.get("REDIS_URL")),
    ):
        service = start(folder / name, url=url, say=say)
        stack.callback(service.stop)
        say(f"{name.capitalize()}: {service.how}")
        os.environ[f"{name.upper()}_URL"] = service.url
    os.environ.update(_environment(folder, catalogue))
    settings = Settings.from_environment()
    stack.enter_context(announced(folder / "env", os.environ))
    milestones = Milestones(folder / "milestones.json", settings.index_name)
    loading = Loading(settings, catalogue, children := list[Child](), milestones, say)
    loading.begin()
    config = Path(__file__).resolve().parents[1] / "gunicorn.conf.py"
    shop = _start(stack, folder, "storefront", "gunicorn", "--config", str(config), "--bind", f"127.0.0.1:{port}")
    children.append(shop)
    for worker in start_workers(folder, all_commands("workers.app")):
        stack.callback(worker.stop)
        say(f"Worker: {worker.name}, pid {worker.pid}, log in {worker.log}")
        children.append(worker)
    _wait_for_answer(port, shop)
    return loading


def _environment(folder: Path, catalogue: Catalogue) -> dict[str, str]:
    """Return the variables that the processes need and that the environment doesn't set."""
    # One index per content of catalogue and mapping: each has a shop of its own, which later runs find again.
    made_for = [product.mapping(None), product.settings(), os.environ.get("SHOP_LANGUAGE")]
    digest = hashlib.sha256(catalogue.content() + json.dumps(made_for, sort_keys=True).encode())
    ours = {
        "INDEX_NAME": f"shop-{digest.hexdigest()[:10]}",
        "IMAGE_ROOTS": str(catalogue.folder),
        "LABELS": str(Path(__file__).with_name("labels.toml")),
        **_secrets(folder / "secrets.json"),
    }
    # The shop listens on this machine only; a foreign page must not reach it by DNS rebinding either.
    ours["TRUSTED_HOSTS"] = "localhost,127.0.0.1"
    return {name: value for name, value in ours.items() if name not in os.environ}


def _secrets(path: Path) -> dict[str, str]:
    """Read the demo's secrets, generating missing ones."""
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "WEBHOOK_SECRET": "whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        "STAFF": f"staff:{secrets.token_urlsafe(12)}",
    }
    if fresh.keys() - stored.keys():
        path.touch(mode=0o600)
        path.write_text(json.dumps(fresh | stored))
    return fresh | stored


def _start(stack: ExitStack, folder: Path, name: str, module: str, *arguments: str) -> Child:
    child = start_child(name, [sys.executable, "-m", module, *arguments], folder / f"{name}.log")
    stack.callback(child.stop)
    say(f"{name.capitalize()}: pid {child.pid}, log in {child.log}")
    return child


def _watch(children: Sequence[Child]) -> None:
    while True:
        time.sleep(1)
        for child in children:
            child.keep(say)


def _wait_for_answer(port: int, child: Child) -> None:
    # The first page takes longest, and a shopper's is given up after a while: it shouldn't be theirs.
    def answers() -> bool:
        child.check()
        try:
            return all(client.get(path).status_code == httpx.codes.OK for path in ("/healthz", "/", "/search"))
        except httpx.TransportError:
            return False

    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        is_up = wait_until(answers, lambda: (child.log.stat().st_size, work_of([child.pid])))
    if not is_up:
        raise ProductSearchError(f"The {child.name} neither answers nor makes progress; its log is {child.log}")


if __name__ == "__main__":
    main(prog_name="make demo")
