"""The attachments: which foreign indices get vectors, and how. Stored in an index of ours, by compare-and-set."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from elasticsearch import ApiError, ConflictError, Elasticsearch, NotFoundError
from elasticsearch.helpers import scan

from es_mappings.product import LAYOUT
from es_mappings.stores import attached, rollout
from indexer.attached.fields import FieldNames, describe, values
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.rollouts.state import Checkpoints
from indexer.vectorizers.base import ProductFields

_SAMPLE = 100  # documents searched for fields that the mapping leaves out


@dataclass
class Attachment:
    """An index that gets vectors.

    Attributes
    ----------
    index : str
        Its name, or an alias that may lead to several.
    object : str
        The object that holds every field we add.
    names : FieldNames
        The fields that vectors are made from.
    query : dict
        Which documents get vectors.
    space : str or None
        The vector space; None before one is fitted.
    checkpoints : dict of str to dict
        By the UUID of each concrete index, the changes that are processed.
    detaching : bool
        Whether our part is being removed, so that nothing may be written any more.
    """

    index: str
    object: str
    names: FieldNames
    query: dict[str, Any] = field(default_factory=lambda: {"match_all": {}})
    space: str | None = None
    checkpoints: dict[str, Checkpoints] = field(default_factory=dict)
    detaching: bool = False

    @property
    def vector(self) -> str:
        """The field to sort by."""
        return f"{self.object}.vector"


class Attachments:
    """The attachments of a shop."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self._index = index.client, index.store(attached.KIND)
        self._seen: dict[str, dict[str, int]] = {}

    def read(self, index: str) -> Attachment:
        """Read the attachment of an index.

        Raises
        ------
        IndexStateError
            It isn't attached.
        """
        try:
            answer = self._client.get(index=self._index, id=index)
        except NotFoundError as error:
            raise IndexStateError(f"{index} is not attached: `lookalike attach --index {index} ...`") from error
        self._seen[index] = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
        state = dict(answer["_source"]["state"])
        names = state.pop("names")
        return Attachment(names=FieldNames(**{**names, "attributes": tuple(names["attributes"])}), **state)

    def all(self) -> list[str]:
        """Return the names of the attached indices, sorted."""
        if not self._client.indices.exists(index=self._index):
            return []
        self._client.indices.refresh(index=self._index)
        return sorted(hit["_id"] for hit in self._client.search(index=self._index, size=1_000)["hits"]["hits"])

    def save(self, attachment: Attachment) -> None:
        """Write an attachment.

        Raises
        ------
        IndexStateError
            Another process works on it; this one must stop.
        """
        make_index(self._client, self._index, rollout.mapping())
        only: dict[str, Any] = dict(self._seen.get(attachment.index, {})) or {"op_type": "create"}
        document = {"state": asdict(attachment)}
        try:
            answer = self._client.index(index=self._index, id=attachment.index, document=document, **only)
        except ConflictError as error:
            raise IndexStateError(f"Another process works on {attachment.index}; this one stops") from error
        self._seen[attachment.index] = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}

    def retire(self, index: str) -> None:
        """Note that an index is being detached. A process that works on it can save no more, and so stops."""
        retired = {"state": {"detaching": True}}
        self._client.update(index=self._index, id=index, doc=retired, retry_on_conflict=5)

    def takes_vectors(self, index: str) -> bool:
        """Return whether an index is attached and isn't being detached."""
        answer = self._client.options(ignore_status=404).get(index=self._index, id=index)
        return bool(answer.get("found")) and not answer["_source"]["state"].get("detaching")

    def forget(self, index: str) -> None:
        """Delete an attachment."""
        self._client.options(ignore_status=404).delete(index=self._index, id=index)


def concrete(client: Elasticsearch, index: str) -> dict[str, str]:
    """Return the indices that a name leads to, each with its UUID.

    Raises
    ------
    IndexStateError
        There is none.
    """
    try:
        indices = client.indices.get_settings(index=index, flat_settings=True).body
    except NotFoundError as error:
        raise IndexStateError(f"There is no index {index}") from error
    return {name: state["settings"]["index.uuid"] for name, state in indices.items()}


def described_products(client: Elasticsearch, attachment: Attachment) -> Iterator[ProductFields]:
    """Iterate over what the documents of an attached index say of their products, in a random order."""
    shuffled = {"query": attachment.query, "random_score": {"seed": 1, "field": "_seq_no"}}
    request = {"query": {"function_score": shuffled}, "sort": ["_score"], "_source": {"exclude_vectors": True}}
    for hit in scan(client, index=attachment.index, query=request, preserve_order=True, size=1_000):
        yield describe(hit["_source"], attachment.names).fields


def prepare(client: Elasticsearch, attachment: Attachment) -> None:
    """Check that an index can be attached, and add our fields to its mapping; its own fields stay unchanged.

    Raises
    ------
    IndexStateError
        It can't be attached; the message says why.
    """
    names = concrete(client, attachment.index)
    settings = client.indices.get_settings(index=attachment.index, flat_settings=True).body
    mappings = client.indices.get_mapping(index=attachment.index).body
    for index in names:
        _check_kind(index, settings[index]["settings"], mappings[index]["mappings"])
        existing = mappings[index]["mappings"].get("properties", {}).get(attachment.object)
        ours = attached.properties(attachment.object, LAYOUT)[attachment.object]
        if existing and not attached.CORE <= set(existing.get("properties", {})) <= set(ours["properties"]):
            raise IndexStateError(
                f"{index} has a field {attachment.object} of its own; give ours another name: --object"
            )
    _check_fields(client, attachment, mappings)
    try:
        client.indices.put_mapping(index=attachment.index, properties=attached.properties(attachment.object, LAYOUT))
    except ApiError as error:
        raise IndexStateError(f"{attachment.index} does not take our fields: {error}") from error


def _check_kind(index: str, settings: Mapping[str, Any], mapping: Mapping[str, Any]) -> None:
    if index.startswith(".ds-"):
        raise IndexStateError(f"{index} belongs to a data stream, whose documents can't be updated")
    if settings.get("index.mode") in {"time_series", "logsdb"}:
        raise IndexStateError(f"{index} is of the mode {settings['index.mode']}, whose documents can't be updated")
    if mapping.get("_source", {}).get("enabled") in {False, "false"}:
        raise IndexStateError(f"{index} keeps no _source, so that its documents can't be updated in part")
    blocks = [n for n in ("write", "read_only") if str(settings.get(f"index.blocks.{n}")).lower() == "true"]
    if blocks:
        raise IndexStateError(f"{index} takes no writes: index.blocks.{blocks[0]} is set")


def _check_fields(client: Elasticsearch, attachment: Attachment, mappings: Mapping[str, Any]) -> None:
    known = {path for state in mappings.values() for path in _paths(state["mappings"].get("properties", {}))}
    missing = {option: path for option, path in attachment.names.paths.items() if path not in known}
    if not missing:
        return
    # A field that the mapping leaves out may still be in the documents.
    hits = client.search(index=attachment.index, query=attachment.query, size=_SAMPLE)["hits"]["hits"]
    for option, path in missing.items():
        if not any(True for hit in hits for _ in values(hit["_source"], path)):
            near = ", ".join(difflib.get_close_matches(path, sorted(known), 3, 0.5) or sorted(known)[:10])
            raise IndexStateError(f"{attachment.index} has no field {path} (--{option}); it has {near}")


def _paths(properties: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, parameters in properties.items():
        yield prefix + name
        for inner in ("properties", "fields"):
            yield from _paths(parameters.get(inner, {}), f"{prefix}{name}.")
