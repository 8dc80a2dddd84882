"""Servers from the project's docker-compose.yml."""

import base64
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

from demo.services.cache import last_line
from demo.services.probe import elasticsearch_version, redis_version
from demo.services.service import Say, Service, ServiceError, State, UnavailableError, forget_state, save_state

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = "docker-compose.yml"
ENGINE_TIMEOUT_S = 30
UP_TIMEOUT_S = 1200  # the images may have to be pulled
_USERS = ("REDIS", "WEB", "WRITER", "EMBEDDER", "SEARCH_TEAM")
PORTS = {"elasticsearch": 9200, "redis": 6379}


def start(name: str, folder: Path, say: Say) -> Service:
    """Start one service of docker-compose.yml.

    Parameters
    ----------
    name
        `Elasticsearch` or `Redis`.
    folder
        The data folder, which gets the state file.
    say
        Called with a line for each step.

    Raises
    ------
    UnavailableError
        There is no Docker engine or no Compose, or the service did not start.
    """
    service = name.lower()
    docker = find_engine()
    if write_env(PROJECT / ".env"):
        say(f"Docker: wrote {PROJECT / '.env'} with fresh secrets")
    earlier = service in _compose(docker, "ps", "--services", "--status", "running").split()
    if not earlier:
        say(f"{name}: docker compose up -d --wait {service}")
    try:
        _compose(docker, "up", "-d", "--wait", service, timeout_s=UP_TIMEOUT_S)
        url = _url(docker, service)
        version = _version(service, url)
    except BaseException:
        if not earlier:
            stop(service)
        raise
    how = f"{name} {version} by docker compose on {url.rpartition('@')[2].removeprefix('redis://')}"
    if earlier:
        return Service(name, url, f"{how}, started earlier")
    folder.mkdir(parents=True, exist_ok=True)
    save_state(folder, State(name, url, how, compose=service))

    def stop_and_forget() -> None:
        stop(service)
        forget_state(folder)

    return Service(name, url, how, stop_and_forget)


def stop(service: str) -> None:
    """Stop one service of docker-compose.yml; its volume stays."""
    try:
        _compose(find_engine(), "stop", service)
    except UnavailableError as error:
        raise ServiceError(f"the compose service {service} can't be stopped: {error}") from error


def find_engine() -> str:
    """Return the docker client, if its engine answers and it has Compose.

    Raises
    ------
    UnavailableError
        One of these is missing; the message says which.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise UnavailableError("Docker is not installed (no docker on PATH)")
    try:
        _run([docker, "info"], ENGINE_TIMEOUT_S)
    except UnavailableError as error:
        raise UnavailableError(f"no Docker engine answers ({error})") from error
    try:
        _run([docker, "compose", "version"], ENGINE_TIMEOUT_S)
    except UnavailableError as error:
        raise UnavailableError(f"Docker has no Compose plugin ({error})") from error
    return docker


def write_env(path: Path) -> bool:
    """Write the secrets for docker-compose.yml that the file lacks; those it has stay.

    Returns
    -------
    bool
        Whether it lacked any.
    """
    values = {
        "ELASTIC_PASSWORD": secrets.token_urlsafe(24),
        **{f"{name}_PASSWORD": secrets.token_urlsafe(24) for name in _USERS},
        "SECRET_KEY": secrets.token_urlsafe(48),
        "STAFF": f"staff:{secrets.token_urlsafe(24)}",
        "WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        text = file.read()
        present = {line.partition("=")[0].strip() for line in text.splitlines()}
        missing = {name: value for name, value in values.items() if name not in present}
        if not text:
            file.write("# Secrets of this machine's compose stack. Not for version control.\n")
        elif missing and not text.endswith("\n"):
            file.write("\n")
        file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return bool(missing)


def _url(docker: str, service: str) -> str:
    address = _compose(docker, "port", service, str(PORTS[service])).strip()
    # Ask the container for its password, because Compose may have taken it from several places.
    if service == "redis":
        password = _compose(docker, "exec", "-T", service, "cat", "/run/secrets/redis_password").strip()
        return f"redis://shop:{quote(password, safe='')}@{address}/0"
    password = _compose(docker, "exec", "-T", service, "printenv", "ELASTIC_PASSWORD").strip()
    return f"http://elastic:{password}@{address}"


def _version(service: str, url: str) -> str:
    version = elasticsearch_version(url, proxies=False) if service == "elasticsearch" else redis_version(url)
    if version is None:
        raise UnavailableError(f"docker compose says that {service} is up, but it does not answer")
    return version


def _compose(docker: str, *arguments: str, timeout_s: float = 120) -> str:
    return _run([docker, "compose", "--file", str(PROJECT / COMPOSE_FILE), *arguments], timeout_s)


def _run(command: list[str], timeout_s: float) -> str:
    display = " ".join(word for word in ["docker", *command[1:]] if word not in {"--file", str(PROJECT / COMPOSE_FILE)})
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"`{display}` took more than {timeout_s:.0f} s") from error
    except OSError as error:
        raise UnavailableError(f"`{display}` can't be run: {error}") from error
    if done.returncode != 0:
        raise UnavailableError(f"`{display}` failed: {last_line(done.stderr or done.stdout)}")
    return done.stdout
