"""A key with only the role of docs/attach.md can attach an index, keep it up to date and detach it."""

import json
import re
from pathlib import Path

import pytest
from elasticsearch import AuthorizationException, Elasticsearch
from PIL import Image

from es_mappings import roles
from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.detaching import detach
from indexer.attached.fields import FieldNames
from indexer.attached.searching import similar_request
from indexer.attached.sweep import Sweep
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.vectorizers import Vectorizers
from tests.faults.secured import PASSWORD, USER, secured_elasticsearch
from tests.live.rolling import Dice

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "attach.md"


def test_documents_the_role() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    assert roles.attaching("products", "theirs") in [json.loads(block) for block in blocks if '"cluster"' in block]


def test_the_role_suffices_and_allows_no_more(tmp_path: Path) -> None:
    with secured_elasticsearch(tmp_path / "elasticsearch") as server:
        admin = Elasticsearch(server.url, basic_auth=(USER, PASSWORD), request_timeout=60)
        admin.indices.create(index="other", mappings={"properties": {"a": {"type": "keyword"}}})
        for number in range(6):
            Image.new("RGB", (32, 32), (40 * number, 90, 9)).save(tmp_path / f"{number}.png")
            photo = (tmp_path / f"{number}.png").as_uri()
            admin.index(index="theirs", id=str(number), document={"photo": photo, "name": f"Thing {number}"})
        role = roles.attaching("products", "theirs")
        key = admin.security.create_api_key(name="attach", role_descriptors={"attach": role})["encoded"]
        client = Elasticsearch(server.url, api_key=key, request_timeout=60)
        attachment = Attachment("theirs", "lookalike", FieldNames("photo", title="name"))
        prepare(client, attachment)
        index = ProductIndex(client, "products")
        Attachments(index).save(attachment)
        assert Attachments(index).all() == ["theirs"]
        source = ImageSource.from_settings(Settings(image_roots=(tmp_path,)))
        models = Vectorizers({"look": Dice("one"), "color": Dice("color", "color")}, {})
        assert Sweep(index, Pipeline(index, source, models, 8)).run("theirs").written == 6
        client.indices.refresh(index="theirs")
        answer = client.search(index="theirs", body=similar_request(index, "theirs", ["3"]))
        assert answer["hits"]["total"]["value"] == 5
        assert detach(index, "theirs") == 6
        with pytest.raises(AuthorizationException):
            client.search(index="other")
        with pytest.raises(AuthorizationException):
            client.delete(index="theirs", id="1")
        with pytest.raises(AuthorizationException):
            client.indices.delete(index="theirs")
        with pytest.raises(AuthorizationException):
            client.indices.put_settings(index="theirs", settings={"number_of_replicas": 0})
