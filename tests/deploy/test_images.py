"""Dockerfile and Compose files: hadolint, the schema of the Compose specification, and what both must hold."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import DEPLOY, run

ROOT = DEPLOY.parent
STACK: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
THREE: dict[str, Any] = yaml.safe_load((DEPLOY / "three-nodes.yml").read_text())
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
TARGETS = set(re.findall(r"^FROM code AS (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))


def test_hadolint_finds_nothing() -> None:
    run("hadolint", str(ROOT / "Dockerfile"))


@pytest.mark.parametrize("path", ["docker-compose.yml", "deploy/three-nodes.yml"])
def test_compose_files_follow_the_specification(path: str) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / path))


def test_each_image_has_only_what_its_processes_need() -> None:
    built = {name: service["build"]["target"] for name, service in STACK["services"].items() if "build" in service}
    assert built == {
        "webapp": "web", "writer": "web", "roles": "web", "worker": "worker", "lookalike": "worker",
        "worker-gpu": "worker-gpu", "photos": "worker",
    }  # fmt: skip
    assert set(built.values()) == TARGETS
    for name, target in built.items():
        assert STACK["services"][name]["image"] == f"lookalike-{target}:{VERSION}"
    required = (ROOT / "requirements-web.txt").read_text()
    assert not re.search(r"^(torch|openvino|transformers|onnxruntime)", required, re.MULTILINE)


@pytest.mark.parametrize("path", [ROOT / "Dockerfile", *sorted((DEPLOY / "kubernetes").rglob("*.yaml"))])
def test_every_tag_of_an_image_is_the_version(path: Path) -> None:
    text = path.read_text()
    tags = re.findall(r"(?:image: |--tag |name: )lookalike-(?:web|worker|worker-gpu)(?::|, newTag: )([\w.-]+)", text)
    assert set(tags) <= {VERSION}
    assert len(tags) == len(re.findall(r"(?:image: |--tag |\{name: )lookalike-", text))


@pytest.mark.parametrize("name", [n for n, s in STACK["services"].items() if s.get("restart") != "no"])
def test_each_service_that_stays_has_a_limit_of_memory(name: str) -> None:
    assert STACK["services"][name]["deploy"]["resources"]["limits"]["memory"]


def test_secrets_are_files() -> None:
    for name, service in STACK["services"].items():
        if name in {"elasticsearch", "roles"}:  # both need them as variables
            continue
        variables = {n: v for n, v in service.get("environment", {}).items() if isinstance(v, str)}
        assert not [n for n, v in variables.items() if re.search(r"(SECRET|PASSWORD|KEY|STAFF)\b", v)], name
        files = set(re.findall(r"/run/secrets/(\w+)", json.dumps(service)))
        assert files == set(service.get("secrets", [])), name
    named = {name for service in STACK["services"].values() for name in service.get("secrets", [])}
    assert named == set(STACK["secrets"])


def test_three_nodes_know_each_other_and_speak_tls() -> None:
    names = {name for name in THREE["services"] if name.startswith("elasticsearch")}
    assert len(names) == 3
    for name in names:
        environment = THREE["services"][name]["environment"]
        assert environment["node.name"] == name
        assert environment["discovery.type"] == "multi-node"
        for variable in ("discovery.seed_hosts", "cluster.initial_master_nodes"):
            assert set(environment[variable].split(",")) == names
        assert environment["xpack.security.transport.ssl.enabled"] == "true"
    # A volume of no folder of the image is root's: another user could write no certificate, and the nodes read none.
    assert THREE["services"]["certificates"]["user"] == "0"
    assert "chmod 640 nodes.p12" in THREE["services"]["certificates"]["command"]


def test_the_shop_knows_all_three_nodes() -> None:
    names = sorted(name for name in THREE["services"] if name.startswith("elasticsearch"))
    nodes = ",".join(f"http://{name}:9200" for name in names)
    shop = {n for n, service in STACK["services"].items() if "ELASTICSEARCH_USER" in service.get("environment", {})}
    assert shop == {"webapp", "writer", "worker", "worker-gpu", "photos", "lookalike"}
    assert {THREE["services"][name]["environment"]["ELASTICSEARCH_URL"] for name in shop} == {nodes}


def test_the_proxy_ends_tls_and_lets_no_client_name_its_prefix() -> None:
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text()
    assert "header_up -X-Forwarded-Prefix" in caddy
    assert "respond /metrics 404" in caddy
    assert STACK["services"]["proxy"]["profiles"] == ["tls"]
