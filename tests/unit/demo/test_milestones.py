"""What a later run of the demo knows of an earlier one."""

from pathlib import Path

import pytest

from demo.milestones import Milestones, Reached


def test_the_next_run_knows_what_was_reached(tmp_path: Path) -> None:
    path = tmp_path / "milestones.json"
    Milestones(path, "shop-1").note(fitted_on=300)
    other = Milestones(path, "shop-2")
    assert other.reached == Reached()
    other.note(is_complete=True)
    assert Milestones(path, "shop-1").reached == Reached(fitted_on=300)
    assert Milestones(path, "shop-2").reached == Reached(is_complete=True)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"shop-1": 3}', '{"shop-1": {"unknown": 1}}'])
def test_a_damaged_file_counts_as_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "milestones.json"
    path.write_text(content)
    milestones = Milestones(path, "shop-1")
    assert milestones.reached == Reached()
    milestones.note(fitted_on=12)
    assert Milestones(path, "shop-1").reached.fitted_on == 12
