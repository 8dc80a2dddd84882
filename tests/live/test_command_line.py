"""The command line searches as shoppers do: it has every parameter of the API, and the answers agree."""

import json
import re

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from search.cli import search as search_command
from search.cli import show
from search.parameters import SearchParameters
from tests.conftest import Shop
from tests.live.shopping import search


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(search_command, arguments)


def _ids(output: str) -> list[str]:
    return re.findall(r"^ *\d+\.\d{4} +(?:\d+%)? +(\S+)", output, re.MULTILINE)


def test_every_parameter_of_the_api_is_an_option(shop: Shop) -> None:
    text = _run("--help").output
    for name in SearchParameters.model_fields.keys() - {"q"}:
        assert f"--{name.replace('_', '-')} " in text


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (["dress", "--size", "12"], {"q": "dress", "size": 12, "sort": "relevance"}),
        (["--like", "{0}", "--size", "7"], {"like": "{0}", "size": 7}),
        (
            ["--like", "{0}^2", "--like", "{1}", "--dislike", "{2}", "--category", "Dresses", "--mode", "blend"],
            {"like": ["{0}^2", "{1}"], "dislike": "{2}", "category": "Dresses", "mode": "blend", "size": 10},
        ),
        (["--text", "striped dress", "--like", "{0}"], {"text": "striped dress", "like": "{0}", "size": 10}),
        (["--text", "soft toy rabbit"], {"text": "soft toy rabbit", "size": 10}),
        (
            ["--like", "{0}", "--but", "cheaper", "--weight", "color:1", "--in-stock", "true", "--explain"],
            {"like": "{0}", "but": "cheaper", "weight": "color:1", "in_stock": "true", "explain": "true", "size": 10},
        ),
    ],
)
def test_it_answers_as_the_api_does(
    web: FlaskClient, arguments: list[str], parameters: dict[str, str | int | list[str]]
) -> None:
    dresses = [product["id"] for product in search(web, category="Dresses", size=3)["products"]]

    def filled(value: object) -> object:
        if isinstance(value, list):
            return [filled(one) for one in value]
        return value.format(*dresses) if isinstance(value, str) else value

    expected = search(web, **{name: filled(value) for name, value in parameters.items()})
    result = _run(*(argument.format(*dresses) for argument in arguments))
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{expected['total']['value']:,} products in ")
    hidden = {filled(parameters.get("dislike"))}  # a shopper's page hides dislikes
    assert _ids(result.output) == [p["id"] for p in expected["products"] if p["id"] not in hidden]


def test_a_wrong_parameter_is_named(shop: Shop) -> None:
    result = CliRunner().invoke(search_command, ["--size", "1000"])
    assert str(result.exception).startswith("size: ")


def test_a_deleted_like_is_reported(shop: Shop) -> None:
    assert "There is no product 'gone'" in _run("--like", "gone").output


def test_the_printed_request_returns_the_same_products(web: FlaskClient, shop: Shop) -> None:
    liked = search(web, category="Toys", size=1)["products"][0]["id"]
    arguments = ["similar", "--like", liked, "--category", "Toys", "--weight", "look:1", "--size", "9"]
    lines = CliRunner().invoke(show, arguments).output.splitlines()
    assert set(lines[::2]) == {f"POST /{shop.alias}/_search"}
    hits, counts, excluded = (
        shop.client.search(index=shop.alias, body=json.loads(body))["hits"] for body in lines[1::2]
    )
    expected = search(web, like=liked, category="Toys", weight="look:1", size=9)
    assert [hit["_id"] for hit in hits["hits"]] == [product["id"] for product in expected["products"]]
    assert [(hit["_id"], hit["matched_queries"]) for hit in excluded["hits"]] == [(liked, ["filter:category"])]
    assert counts["total"]["value"] - 1 == expected["total"]["value"]


def test_the_printed_mapping_creates_an_index(shop: Shop) -> None:
    _, body = CliRunner().invoke(show, ["mapping"]).output.split("\n", 1)
    name = f"{shop.alias}-shown"
    shop.client.indices.create(index=name, body=json.loads(body))
    shop.client.indices.delete(index=name)
