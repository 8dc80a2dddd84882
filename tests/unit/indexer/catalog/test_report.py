import json

from indexer.catalog.report import LoadReport, Outcome, Refusal
from indexer.catalog.values.changes import Change


def _report() -> LoadReport:
    report = LoadReport("catalog.csv", "read as CSV")
    prices = [(line, Change("a price's text", "price", "'5 €'", "5.0")) for line in range(2, 12)]
    refused = [Refusal(line, "title: missing", "title: Field required") for line in (20, 21)]
    report.add(
        Outcome(12, ["a", "b"], ["c"], ["d"], ["e"], [*refused, Refusal(30, "not JSON", "not JSON: x")], prices, 3)
    )
    report.add(Outcome(1, ["f"], images=2, currencies={"EUR"}))
    return report


def test_a_report_counts_by_kind_with_examples_and_lines() -> None:
    assert list(_report().lines()) == [
        "catalog.csv: 13 read, 3 written, 1 unchanged, 1 ignored as older, 1 deleted, 3 refused; 5 images to fetch",
        "Refused, 2: title: missing (line 20: title: Field required; lines 21)",
        "Refused, 1: not JSON (line 30: not JSON: x)",
        "Changed in values, 10: a price's text (line 2: '5 €' became 5.0; lines 3, 4, 5, 6 ...)",
    ]


def test_a_report_is_json_whose_size_does_not_grow_with_the_file() -> None:
    report = _report()
    for line in range(1_000):
        report.add(Outcome(refused=[Refusal(line, f"kind {line}", "why")]))
    written = json.loads(json.dumps(report.to_dict()))
    assert report.refusals == 1_003
    assert len(written["refused"]) == 51
    assert written["refused"][0]["kind"] == "other reasons"
    assert written["changed"][0]["examples"][0] == {
        "line": 2,
        "rule": "a price's text",
        "field": "price",
        "before": "'5 €'",
        "after": "5.0",
    }


def test_a_load_that_stops_says_why() -> None:
    report = LoadReport("catalog.csv", stopped="ConnectionError: away")
    assert list(report.lines())[-1] == "Stopped before the end of the file: ConnectionError: away"


def test_prices_of_several_currencies_are_warned_of() -> None:
    report = LoadReport("catalog.csv")
    report.add(Outcome(currencies={"EUR"}))
    assert "BASE_CURRENCY" not in " ".join(report.lines())
    report.add(Outcome(currencies={"USD"}))
    assert "Prices in EUR, USD" in list(report.lines())[-1]


def test_ids_that_occur_twice_are_counted_with_examples() -> None:
    report = LoadReport("catalog.csv")
    report.add(Outcome(repeated=[(4, "mug"), (9, "cup")]))
    assert list(report.lines())[-1] == "Ids that an earlier line has, 2: the last line counts (line 4: mug; lines 9)"
    report.add(Outcome(repeated=[(line, "mug") for line in range(10, 20)]))
    assert report.to_dict()["repeated"]["count"] == 12
    assert len(report.to_dict()["repeated"]["examples"]) == 5
    assert list(report.lines())[-1].endswith("lines 9, 10, 11, 12 ...)")


def test_why_nothing_was_deleted_is_told() -> None:
    report = LoadReport("catalog.csv", kept="3 of 20 products are not in the file")
    assert list(report.lines())[-1].startswith("Nothing was deleted that the file no longer has: 3 of 20")
    assert report.to_dict()["kept"]
