"""The workbench's experiments, and what a shopper's visit gets and leaves of them."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from es_mappings.configuration import Configuration
from indexer.experiments.log import Experiments
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.publications import Publications
from tests.conftest import Shop, wait_until
from tests.forms import csrf_token
from tests.live.staff import log_in
from webapp import create_app

PATH = "/workbench/experiments"
COLORS = Configuration(name="experimental-colors", weights={"color": 1.0})


@pytest.fixture(autouse=True)
def store(shop: Shop) -> Iterator[Experiments]:
    """Return a store in which nothing runs, and a configuration to try."""
    store = Experiments(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=store.index)
    Publications(shop.index).save(COLORS, "ada")
    yield store
    shop.client.options(ignore_status=404).indices.delete(index=store.index)


def _post(web: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    answer = web.post(path, data={"csrf_token": csrf_token(web.get("/workbench/rules/new/file").text), **fields})
    return answer.status_code, answer.text


def test_it_is_started_and_stopped_by_who_may_publish(shop: Shop, store: Experiments) -> None:
    fields = {"name": "colors", "treatment": COLORS.name, "control": "live"}
    assert _post(log_in(shop, "ada", "ada:edit"), f"{PATH}/start", **fields)[0] == 403
    web = log_in(shop, "ada")
    assert web.get(PATH).status_code == 200
    for wrong, message in (
        ({"treatment": "gone"}, "there is no configuration"),
        ({"treatment": "live"}, "control and treatment are the same"),
        ({"share": "7"}, "share: Input should be less than or equal to 1"),
    ):
        code, page = _post(web, f"{PATH}/start", **{**fields, **wrong})
        assert (code, message in page) == (422, True), page
    assert store.running() is None
    assert _post(web, f"{PATH}/start", **fields)[0] == 303
    code, page = _post(web, f"{PATH}/start", **{**fields, "name": "another"})
    assert code == 422
    assert "stop it first" in page
    Publications(shop.index).delete(Configuration, COLORS.name, "ada")
    page = web.get(PATH).text
    assert f"{COLORS.name} was deleted; the experiment keeps it" in page
    assert "0 of 500 visits" in page
    assert "Not counted yet" in page
    assert _post(log_in(shop, "bob", "bob:view"), f"{PATH}/count")[0] == 403
    assert _post(web, f"{PATH}/count")[0] == 303
    assert "Not counted yet" not in web.get(PATH).text
    assert _post(web, f"{PATH}/stop", name="colors", reason="enough")[0] == 303
    assert _post(web, f"{PATH}/count")[0] == 422
    code, page = _post(web, f"{PATH}/stop", name="colors")
    assert code == 422
    assert "already" in page
    assert [run.reason for run in store.history()] == ["enough"]
    assert web.get(f"{PATH}?number=77").status_code == 404


def test_it_is_for_staff_only(web: FlaskClient) -> None:
    assert web.get(PATH).headers["Location"].startswith("/staff/login")
    assert web.post(f"{PATH}/stop").status_code in {400, 401}


def test_a_visit_keeps_its_side_and_its_clicks_count_for_it(shop: Shop, store: Experiments) -> None:
    fields = {"name": "colors", "treatment": COLORS.name, "control": "live", "kind": "interleaving"}
    assert _post(log_in(shop, "ada"), f"{PATH}/start", **fields)[0] == 303
    web = create_app(shop.settings).test_client()
    liked = shop.index.search(query={"match_all": {}}, size=1)["hits"]["hits"][0]["_id"]
    address = f"/search?like={liked}"
    web.get(address)  # the browser gets its cookie
    pages = [web.get(address).text for _ in range(2)]
    links = [re.findall(r"from=(\d+)([ab])\.([\w-]+)", page) for page in pages]
    assert links[0] == links[1]
    assert {team for _, team, _ in links[0]} == {"a", "b"}
    products = re.findall(r'href="(/products/[^"]*from=\d+[ab]\.[^"]*)"', pages[0])
    web.get(products[0].replace("&amp;", "&"))
    opted_out = create_app(shop.settings).test_client()
    opted_out.get(address, headers={"Sec-GPC": "1"})
    assert not re.findall(r"from=\d+[ab]", opted_out.get(address, headers={"Sec-GPC": "1"}).text)
    events = InteractionLog(shop.index).events

    def clicked() -> list[str]:
        shop.client.indices.refresh(index=events, ignore_unavailable=True)
        clicks = [{"term": {"action_name": "click"}}, {"exists": {"field": "event_attributes.team"}}]
        found = shop.client.search(index=events, query={"bool": {"filter": clicks}}, ignore_unavailable=True)
        return [hit["_source"]["query_attributes"]["experiment"] for hit in found["hits"]["hits"]]

    run = store.running()
    assert run
    wait_until(lambda: clicked() == [f"{run.number}:interleaved"], "the click is recorded with its side")
