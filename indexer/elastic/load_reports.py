"""The reports of the last loads, kept where all who look after the shop see them."""

from __future__ import annotations

import secrets
from typing import Any

from elasticsearch import NotFoundError

from es_mappings.stores import load
from indexer.catalog.documents import now
from indexer.catalog.report import LoadReport
from indexer.elastic.client import bulk, make_index, put_all
from indexer.elastic.product_index import ProductIndex

KEPT = 50  # reports


class LoadReports:
    """The reports of one shop."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self.index = index.client, index.store(load.KIND)

    def add(self, report: LoadReport) -> None:
        """Keep a report, and delete the oldest if there are more than `KEPT`.

        Raises
        ------
        IndexStateError
            Elasticsearch refused it.
        """
        make_index(self._client, self.index, load.mapping())
        document = {"_index": self.index, "_id": secrets.token_hex(8), "at": now(), "report": report.to_dict()}
        put_all(self._client, [document], "the report of a load")
        self._client.indices.refresh(index=self.index)
        old = self._client.search(index=self.index, source=False, **load.latest(KEPT, KEPT))["hits"]["hits"]
        list(bulk(self._client, [{"_op_type": "delete", "_index": self.index, "_id": hit["_id"]} for hit in old]))

    def latest(self, size: int) -> list[dict[str, Any]]:
        """Return reports as `LoadReport.to_dict` makes them, each with the time it ended (``at``), the latest first."""
        try:
            answer = self._client.search(index=self.index, **load.latest(size))
        except NotFoundError:
            return []
        return [{"at": hit["_source"]["at"], **hit["_source"]["report"]} for hit in answer["hits"]["hits"]]
