from click.testing import CliRunner

from workers.enqueue import main


def test_only_a_file_can_be_complete() -> None:
    answer = CliRunner().invoke(main, ["--pending", "--complete"])
    assert answer.exit_code == 2
    assert "--complete is said of a catalogue file" in answer.output


def test_the_limit_of_deletions_is_a_percentage() -> None:
    answer = CliRunner().invoke(main, ["--pending", "--max-deleted", "120"])
    assert answer.exit_code == 2
    assert "120" in answer.output
