from indexer.catalog.values.changes import Change, Changes


def test_only_what_changes_is_noted() -> None:
    changes = Changes()
    assert changes.apply("rule", "title", str.strip, "a") == "a"
    assert changes.apply("rule", "title", str.strip, " a") == "a"
    assert changes.apply("number", "id", str, 1) == "1"
    assert changes == [Change("rule", "title", "' a'", "'a'"), Change("number", "id", "1", "'1'")]


def test_values_are_shown_shortened() -> None:
    changes = Changes()
    changes.note("rule", "title", "a" * 500, ["\ud800" * 500, 10**5_000])
    changes.note("rule", "title", 10**5_000, {})
    assert all(len(change.before) < 100 for change in changes)
    assert [change.after for change in changes] == ["a list of 2", "an object of 0"]
