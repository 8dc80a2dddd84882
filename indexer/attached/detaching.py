"""Take everything that we wrote out of an attached index."""

from __future__ import annotations

from elasticsearch import Elasticsearch

from es_mappings.stores.attached import REMOVE
from indexer.attached.attachment import Attachment, Attachments
from indexer.elastic.product_index import ProductIndex


def detach(index: ProductIndex, name: str) -> int:
    """Remove everything we wrote from an attached index's documents, and its attachment; count the changed documents.

    The fields stay in its mapping, because Elasticsearch can't remove any from a live index. If it is interrupted, no
    sweep goes on, and the next call removes the rest.
    """
    attachments = Attachments(index)
    attachment = attachments.read(name)
    attachments.retire(name)  # so that no sweep writes again what is removed here
    updated = remove_ours(index.client, attachment)
    attachments.forget(name)
    return updated


def remove_ours(client: Elasticsearch, attachment: Attachment) -> int:
    """Remove our object from all documents, and count those that had it."""
    client.indices.refresh(index=attachment.index)
    script = {"source": REMOVE, "params": {"object": attachment.object}}
    ours = {"exists": {"field": f"{attachment.object}.status"}}
    updated = 0
    for _ in range(2):  # the second time what was written meanwhile
        answer = client.options(request_timeout=3_600).update_by_query(
            index=attachment.index, query=ours, script=script, conflicts="proceed", refresh=True
        )
        updated += int(answer["updated"])
        if not answer["version_conflicts"]:
            break
    return updated
