"""docker-compose.yml, read as YAML, and by Compose itself if it is installed."""

import importlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from demo.services import compose
from es_mappings import roles

ROOT = Path(__file__).resolve().parents[4]
SOURCE = (ROOT / "docker-compose.yml").read_text()
# Not a direct requirement: huggingface-hub, which timm needs, brings it.
STACK: dict[str, Any] = importlib.import_module("yaml").safe_load(SOURCE)
SERVICES: dict[str, Any] = STACK["services"]
ROLES = {
    "worker": "embedder",
    "worker-gpu": "embedder",
    "photos": "embedder",
    "writer": "writer",
    "webapp": "web",
    "lookalike": "search-team",
}
APPLICATION = ("worker", "writer", "worker-gpu", "photos", "webapp")


def test_the_services_are_these() -> None:
    assert set(SERVICES) == {"elasticsearch", "redis", "roles", "lookalike", "proxy", *APPLICATION}
    assert {name for name, service in SERVICES.items() if service.get("profiles")} == {
        "worker-gpu",
        "lookalike",
        "proxy",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_an_exact_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:(\$\{\w+:-)?\d+\.\d+\.\d+(-[\w.]+)?\}?", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_with_a_limit(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if check.get("disable"):
        assert SERVICES[name]["restart"] == "no"  # it ends by itself
        return
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_on_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []) if name != "proxy" else []:  # which is for shoppers
        assert port.startswith("127.0.0.1:")


def test_named_volumes_are_declared_and_used() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/", "$"))
    }
    assert used == set(STACK["volumes"])
    assert "elasticsearch:/usr/share/elasticsearch/data" in SERVICES["elasticsearch"]["volumes"]
    assert "redis:/data" in SERVICES["redis"]["volumes"]


def test_elasticsearch_has_security_on_and_its_check_authenticates() -> None:
    service = SERVICES["elasticsearch"]
    assert service["environment"]["xpack.security.enabled"] == "true"
    assert service["environment"]["ELASTIC_PASSWORD"].startswith("${ELASTIC_PASSWORD:?")
    assert "elastic:$$ELASTIC_PASSWORD" in service["healthcheck"]["test"][1]
    assert service["environment"]["discovery.type"] == "single-node"
    assert service["environment"]["action.destructive_requires_name"] == "true"


def test_redis_persists_and_never_evicts_queued_messages() -> None:
    assert "redis-server --appendonly yes --maxmemory-policy noeviction" in SERVICES["redis"]["command"][0]


def test_redis_knows_one_user_whose_password_is_a_secret() -> None:
    redis = SERVICES["redis"]
    assert redis["secrets"] == ["redis_password"]
    assert "--aclfile" in redis["command"][0]
    assert "./deploy/redis/users.acl:/etc/redis/users.acl:ro" in redis["volumes"]
    for name in APPLICATION:
        environment = SERVICES[name]["environment"]
        assert environment["REDIS_URL"] == "redis://shop@redis:6379/0"
        assert environment["REDIS_PASSWORD_FILE"] == "/run/secrets/redis_password"


@pytest.mark.parametrize("name", APPLICATION)
def test_the_application_waits_for_healthy_servers_and_runs_with_few_rights(name: str) -> None:
    service = SERVICES[name]
    assert {n: d["condition"] for n, d in service["depends_on"].items()} == {
        "elasticsearch": "service_healthy",
        "redis": "service_healthy",
        "roles": "service_completed_successfully",
    }
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "${CATALOG_FOLDER:-./.data/catalogue}:/catalogue:ro" in service["volumes"]
    assert service["environment"]["IMAGE_ROOTS"] == "/catalogue"
    assert service["environment"]["ELASTICSEARCH_URL"] == "http://elasticsearch:9200"


def test_each_service_has_a_role_of_its_own_and_none_is_the_superuser() -> None:
    for name, role in ROLES.items():
        assert SERVICES[name]["environment"]["ELASTICSEARCH_USER"] == f"lookalike-{role}"
    created = dict(pair.split(":", 1) for pair in SERVICES["roles"]["environment"]["ROLE_USERS"].split(","))
    assert set(created) == set(roles.ROLES)
    users = [
        name
        for name, service in SERVICES.items()
        if "elastic:" in service.get("environment", {}).get("ELASTICSEARCH_URL", "")
    ]
    assert users == ["roles"]
    assert SERVICES["roles"]["command"] == "lookalike roles --create"


def test_an_env_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("ELASTIC_PASSWORD=kept\nWEB_PORT=80")
    assert compose.write_env(path)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["ELASTIC_PASSWORD=kept", "WEB_PORT=80"]
    assert [line for line in lines if line.startswith("WEB_PASSWORD=")]
    assert not compose.write_env(path)
    assert path.read_text().splitlines() == lines


@pytest.mark.parametrize(
    ("name", "queue"), [("worker", "embedding"), ("worker-gpu", "embedding"), ("photos", "interactive")]
)
def test_workers_serve_their_queues(name: str, queue: str) -> None:
    assert SERVICES[name]["command"] == f"celery -A workers.app worker --loglevel INFO --concurrency 1 --queues {queue}"


def test_workers_that_embed_products_yield_to_shoppers() -> None:
    yielding = {name for name, service in SERVICES.items() if service.get("cpu_shares", 1_024) < 1_024}
    assert yielding == {"worker", "worker-gpu"}


def test_the_writer_writes_and_keeps_house() -> None:
    command = "celery -A workers.app worker --loglevel INFO --concurrency 2 --exclude-queues interactive,embedding"
    assert SERVICES["writer"]["command"] == command


def test_the_gpu_worker_reserves_a_gpu_and_the_other_does_not() -> None:
    devices = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]
    assert "reservations" not in SERVICES["worker"]["deploy"]["resources"]


def test_every_variable_is_generated_or_has_a_default(tmp_path: Path) -> None:
    compose.write_env(tmp_path / ".env")
    lines = [line for line in (tmp_path / ".env").read_text().splitlines() if not line.startswith("#")]
    generated = dict(line.split("=", 1) for line in lines)
    assert all(len(value) >= 32 for value in generated.values())
    settings = "\n".join(line for line in SOURCE.splitlines() if not line.lstrip().startswith("#"))
    for name, kind in re.findall(r"(?<!\$)\$\{(\w+)(:[-?])?", settings):
        assert (kind == ":?" and name in generated) or kind == ":-", f"{name} is neither generated nor has a default"
    assert not re.search(r"(?<!\$)\$[A-Za-z_]", settings)  # without braces, the check above would miss it


def test_generated_secrets_are_fresh_and_need_no_quotes_in_an_address(tmp_path: Path) -> None:
    for name in ("a", "b"):
        compose.write_env(tmp_path / name)
    first, second = ((tmp_path / name).read_text() for name in ("a", "b"))
    assert first != second
    password = re.search(r"^ELASTIC_PASSWORD=(.*)$", first, re.MULTILINE)
    assert password is not None
    assert re.fullmatch(r"[\w-]+", password[1])


def test_the_image_copies_its_build_context_and_runs_unprivileged() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for word in line.split()
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11\.\d+-slim-\w+$", dockerfile, re.MULTILINE)
    assert dockerfile.index("USER 10001") < dockerfile.index("FROM code AS")


def test_compose_accepts_the_file_if_it_is_installed(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return  # the tests above read the file without it
    compose.write_env(tmp_path / ".env")
    command = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "--env-file", str(tmp_path / ".env")]
    done = subprocess.run(
        [*command, "--profile", "gpu", "config", "--quiet"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
