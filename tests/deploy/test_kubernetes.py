"""The manifests for Kubernetes: core kinds by their schemas, operators' by our models, all by what they must hold."""

import importlib
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from tests.deploy.conftest import DEPLOY, run
from tests.deploy.custom_resources import RESOURCES
from workers.app import INTERACTIVE, QUEUES

FOLDER = DEPLOY / "kubernetes"
CUSTOM = {*RESOURCES, "Kustomization"}  # of operators and kustomize; their schemas are no part of Kubernetes
FILES = sorted(path for path in FOLDER.rglob("*.yaml"))


def _documents(*paths: Path) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from filter(None, yaml.safe_load_all(path.read_text()))


ALL = list(_documents(*FILES))
PODS = {
    document["metadata"]["name"]: document["spec"]["template"]
    for document in ALL
    if document["kind"] in {"Deployment", "StatefulSet", "Job"}
}
POLICIES = {d["metadata"]["name"]: d["spec"] for d in ALL if d["kind"] == "NetworkPolicy"}


def test_core_kinds_follow_their_schemas(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(d for d in ALL if d["kind"] not in CUSTOM))
    run("kubernetes-validate", "--strict", str(tmp_path / "all.yaml"))


CUSTOM_DOCUMENTS = [document for document in ALL if document["kind"] in RESOURCES]


@pytest.mark.parametrize("document", CUSTOM_DOCUMENTS, ids=lambda document: str(document["kind"]))
def test_resources_of_operators_have_fields_that_these_know(document: dict[str, Any]) -> None:
    RESOURCES[document["kind"]].model_validate(document)


def test_both_operators_are_used() -> None:
    assert {document["kind"] for document in CUSTOM_DOCUMENTS} == RESOURCES.keys()


def test_what_operators_pass_on_follows_the_schemas_of_kubernetes(tmp_path: Path) -> None:
    [cluster] = [document for document in ALL if document["kind"] == "Elasticsearch"]
    parts: list[dict[str, Any]] = []
    for nodes in cluster["spec"]["nodeSets"]:
        named = {"apiVersion": "v1", "metadata": {"name": nodes["name"]}}
        parts.append({**named, "kind": "PodTemplate", "template": nodes["podTemplate"]})
        parts += [{**named, "kind": "PersistentVolumeClaim", **claim} for claim in nodes["volumeClaimTemplates"]]
    (tmp_path / "parts.yaml").write_text(yaml.safe_dump_all(parts))
    run("kubernetes-validate", "--strict", str(tmp_path / "parts.yaml"))


def test_what_is_scaled_exists_and_is_scaled_by_metrics_that_exist() -> None:
    scaled = [document["spec"] for document in ALL if document["kind"] == "ScaledObject"]
    queries = {
        spec["scaleTargetRef"]["name"]: [trigger["metadata"]["query"] for trigger in spec["triggers"]]
        for spec in scaled
    }
    depth = 'max(lookalike_queue_depth{{queue="{}"}})'.format
    assert queries == {"embedder": [depth("products")], "photos": [depth(f"celery {INTERACTIVE}")]}
    assert queries.keys() <= PODS.keys()


def test_where_the_cpu_is_short_products_wait_rather_than_shoppers() -> None:
    def share(name: str) -> float:
        cpu = str(PODS[name]["spec"]["containers"][0]["resources"]["requests"]["cpu"])
        return float(cpu[:-1]) / 1_000 if cpu.endswith("m") else float(cpu)

    for shoppers in ("web", "photos"):
        assert 4 * share("embedder") <= share(shoppers)


def test_photographs_are_taken_by_workers_whose_models_are_converted() -> None:
    spec = PODS["photos"]["spec"]
    [first], [worker] = spec["initContainers"], spec["containers"]
    assert first["image"] == worker["image"]
    assert importlib.import_module(first["command"][-1]).main.callback
    shared = {mount["name"]: mount["mountPath"] for mount in first["volumeMounts"]}
    assert shared.items() <= {mount["name"]: mount["mountPath"] for mount in worker["volumeMounts"]}.items()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Elasticsearch", lambda spec: spec.update(nodeset=spec.pop("nodeSets"))),
        ("Elasticsearch", lambda spec: spec["nodeSets"][0].update(count="3")),
        ("Elasticsearch", lambda spec: spec["nodeSets"][0]["volumeClaimTemplates"][0]["metadata"].update(name="data")),
        ("ScaledObject", lambda spec: spec["triggers"][0]["metadata"].update(threshold=2_000)),
        ("ScaledObject", lambda spec: spec.update(minReplicaCount=9)),
        ("ScaledObject", lambda spec: spec.update(maxReplicas=9)),
    ],
)
def test_a_wrong_field_of_an_operator_is_found(kind: str, change: Callable[[dict[str, Any]], object]) -> None:
    document = next(deepcopy(document) for document in CUSTOM_DOCUMENTS if document["kind"] == kind)
    change(document["spec"])
    with pytest.raises(ValidationError):
        RESOURCES[kind].model_validate(document)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/kustomization.yaml")), ids=lambda path: path.parent.name)
def test_a_kustomization_names_each_file_beside_it(path: Path) -> None:
    [kustomization] = _documents(path)
    resources = set(kustomization["resources"])
    assert {file.name for file in path.parent.glob("*.yaml")} - {path.name} == resources - {"../base"}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_runs_with_few_rights_and_within_limits(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert re.search(r":\d+\.\d+\.\d+", container["image"])


@pytest.mark.parametrize("name", [name for name in PODS if name not in {"roles"}])
def test_what_stays_is_probed(name: str) -> None:
    [container] = PODS[name]["spec"]["containers"]
    assert "livenessProbe" in container


def test_the_queues_are_all_taken() -> None:
    def options(name: str) -> str:
        return str(PODS[name]["spec"]["containers"][0]["command"][-1])

    assert options("embedder") == options("embedder-gpu")
    with_models = {options("embedder"), options("photos")}
    assert with_models == set(options("writer").split(",")) < set(QUEUES)
    assert "--exclude-queues" in PODS["writer"]["spec"]["containers"][0]["command"]


def test_each_mounted_secret_is_a_setting_of_its_pod() -> None:
    for name in ("web", "writer", "embedder", "embedder-gpu", "photos"):
        variables = {v["name"]: v["value"] for v in PODS[name]["spec"]["containers"][0]["env"]}
        role = PODS[name]["metadata"]["labels"]["lookalike/role"]
        assert variables["ELASTICSEARCH_USER"] == f"lookalike-{role}"
        assert all(n.endswith("_FILE") for n, value in variables.items() if value.startswith("/run/"))


def test_gpu_workers_run_where_gpus_are() -> None:
    spec = PODS["embedder-gpu"]["spec"]
    assert spec["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    [deployment] = _documents(FOLDER / "gpu" / "embedder-gpu.yaml")
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0  # there may be no second GPU


def test_each_component_may_lose_a_pod_but_not_all() -> None:
    budgets = {d["metadata"]["name"] for d in ALL if d["kind"] == "PodDisruptionBudget"}
    assert {"web", "writer", "embedder", "photos"} <= budgets


def test_a_release_replaces_the_job_of_the_one_before() -> None:
    jobs = [document["spec"] for document in ALL if document["kind"] == "Job"]
    assert [job["ttlSecondsAfterFinished"] for job in jobs] == [600]


def test_whoever_opens_addresses_of_images_reaches_nothing_else_inside() -> None:
    egress = POLICIES["egress"]
    [expression] = egress["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == PODS.keys() - {"redis", "roles"}
    for rule in egress["egress"]:
        for to in rule["to"]:
            private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
            assert to.get("podSelector") or to.get("namespaceSelector") or private <= set(to["ipBlock"]["except"])


def test_only_the_shops_own_pods_reach_redis() -> None:
    assert POLICIES["deny"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    [rule] = POLICIES["redis"]["ingress"]
    [expression] = rule["from"][0]["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == {"web", "writer", "embedder", "embedder-gpu", "photos"}
    assert len(rule["from"]) == 1
