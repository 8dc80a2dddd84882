"""The fields of operators' resources that the manifests use, as the operators' definitions describe them.

Their schemas are no part of Kubernetes, and that of Elastic's operator may not be copied (Elastic License 2.0; 600 kB),
so each model has the fields in use and refuses all others: a new one is added here after it was looked up in

- Elastic's operator (ECK): elasticsearch.k8s.elastic.co/v1 of its API reference,
  https://www.elastic.co/docs/reference/cloud-on-k8s, and config/crds/v1/bases of github.com/elastic/cloud-on-k8s;
- KEDA: https://keda.sh/docs/latest/reference/scaledobject-spec and /scalers/prometheus, and
  config/crd/bases/keda.sh_scaledobjects.yaml of github.com/kedacore/keda.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)]  # of RFC 1123
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Metadata(_Strict):
    """Only the name: what else there is belongs to Kubernetes."""

    name: Name


class ChangeBudget(_Strict):
    """How many nodes an update may take away at once; negative: any number."""

    max_unavailable: int | None = None
    max_surge: int | None = None


class UpdateStrategy(_Strict):
    """How an update proceeds."""

    change_budget: ChangeBudget


class NodeSet(_Strict):
    """Nodes of the same configuration. Pod templates and claims are Kubernetes' own, and checked as such."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9-]+$", max_length=23)]
    count: Count
    config: dict[str, Any]
    pod_template: dict[str, Any]
    volume_claim_templates: list[dict[str, Any]]

    @model_validator(mode="after")
    def _keeps_its_data(self) -> Self:
        names = [claim["metadata"]["name"] for claim in self.volume_claim_templates]
        if names != ["elasticsearch-data"]:  # under another name the operator adds an empty volume for the data
            raise ValueError(f"the volume of the data is called elasticsearch-data, not {names}")
        return self


class ElasticsearchSpec(_Strict):
    """A cluster."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    update_strategy: UpdateStrategy
    node_sets: Annotated[list[NodeSet], Field(min_length=1)]


class ElasticsearchResource(_Strict):
    """A cluster by Elastic's operator."""

    api_version: Literal["elasticsearch.k8s.elastic.co/v1"]
    kind: Literal["Elasticsearch"]
    metadata: Metadata
    spec: ElasticsearchSpec


class ScaleTargetRef(_Strict):
    """What is scaled; a Deployment unless it says otherwise."""

    name: Name


class PrometheusMetadata(_Strict):
    """What KEDA's scaler for Prometheus reads. All values are strings, numbers too."""

    server_address: Annotated[str, Field(pattern=r"^https?://[\w.-]+(:\d+)?(/.*)?$")]
    query: Annotated[str, Field(min_length=1)]
    threshold: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]


class Trigger(_Strict):
    """What the number of replicas depends on."""

    type: Literal["prometheus"]
    metadata: PrometheusMetadata


class ScaleDown(_Strict):
    """When pods go: `cooldownPeriod` counts only for the last one."""

    stabilization_window_seconds: Annotated[int, Field(ge=0, le=3_600)]


class Behavior(_Strict):
    """How the autoscaler that KEDA makes scales."""

    scale_down: ScaleDown


class HorizontalPodAutoscalerConfig(_Strict):
    """What KEDA passes on to the autoscaler that it makes."""

    behavior: Behavior


class Advanced(_Strict):
    """What few change."""

    horizontal_pod_autoscaler_config: HorizontalPodAutoscalerConfig


class ScaledObjectSpec(_Strict):
    """How one deployment is scaled."""

    scale_target_ref: ScaleTargetRef
    min_replica_count: Count
    max_replica_count: Count
    advanced: Advanced
    triggers: Annotated[list[Trigger], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.min_replica_count > self.max_replica_count:
            raise ValueError("minReplicaCount is greater than maxReplicaCount")
        return self


class ScaledObjectResource(_Strict):
    """Scaling by KEDA."""

    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: ScaledObjectSpec


RESOURCES: dict[str, type[BaseModel]] = {"Elasticsearch": ElasticsearchResource, "ScaledObject": ScaledObjectResource}
