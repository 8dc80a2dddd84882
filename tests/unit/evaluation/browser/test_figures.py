"""Tables of clicks and of first visits."""

from dataclasses import replace

from evaluation.browser.figures import Click, Load, clicks_table, loads_table

CLICK = Click(answered=100.0, ready=140.0, server=20.0, first_byte=25.0, delay=24.0, requests=1, bytes=9_000)


def test_a_goal_is_met_by_the_median_of_the_clicks() -> None:
    quick, slow = (
        [replace(CLICK, answered=a) for a in (90, 100, 900)],
        [replace(CLICK, answered=a) for a in (90, 160, 170)],
    )
    table = clicks_table({"like": quick, "facet": slow}, {"like": 150.0, "facet": 150.0})
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert (rows["like"]["median"], rows["like"]["goal"]) == ("100", "150 met")
    assert (rows["facet"]["median"], rows["facet"]["goal"]) == ("160", "150 MISSED")
    assert int(rows["like"]["p95"]) > 800
    assert rows["like"]["kB"] == "9"


def test_clicks_that_fetched_nothing_have_no_time_of_the_server() -> None:
    fetched, prepared = CLICK, replace(CLICK, server=None, first_byte=None)
    table = clicks_table({"more": [prepared, fetched], "like": [prepared]}, {"more": 400.0, "like": 150.0})
    assert [row[5:7] for row in table.rows] == [("20", "25"), ("-", "-")]


def test_the_worst_shift_of_a_page_is_shown() -> None:
    load = Load(first=50, largest=80, shift=0.0, requests=30, bytes=120_000, document=8_400)
    [row] = loads_table({"listing": [load, replace(load, shift=0.2), load]}).rows
    assert row == ("listing", "50", "80", "0.200", "30", "120", "8.4")
