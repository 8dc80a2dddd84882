import pytest

from indexer.errors import SettingsError
from indexer.settings import Settings


@pytest.mark.parametrize("days", ["0", "7", "90"])
def test_searches_are_kept_for_weeks_or_not_at_all(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UBI_DAYS", days)
    assert Settings.from_environment().ubi_days == int(days)


@pytest.mark.parametrize("days", ["1", "6", "-1"])
def test_less_than_a_week_is_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UBI_DAYS", days)
    with pytest.raises(SettingsError, match="UBI_DAYS"):
        Settings.from_environment()
