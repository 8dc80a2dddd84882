"""The command line finds a demo that runs, and only that."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer.cli import running_demo
from indexer.cli.main import main
from indexer.cli.running_demo import announced, export_line, use_running_demo
from lookalike.cli import main as lookalike

DEMO = {
    "ELASTICSEARCH_URL": "http://elastic:p'q@127.0.0.1:9",
    "REDIS_URL": "redis://127.0.0.1:8/0",
    "INDEX_NAME": "shop-1",
    "IMAGE_ROOTS": "/a folder",
}


def test_a_running_demo_is_used_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, environment = tmp_path / "env", {"PATH": "/bin"}
    path.write_text("left by an earlier run")
    with announced(path, {**DEMO, "SECRET_KEY": "hidden"}):
        assert path.stat().st_mode & 0o077 == 0
        assert "hidden" not in path.read_text()
        use_running_demo(environment, path)
    assert environment == {"PATH": "/bin", **DEMO}
    [line] = capsys.readouterr().err.splitlines()
    assert "shop-1" in line
    assert "p'q" not in line
    assert not path.exists()


@pytest.mark.parametrize("name", running_demo.VARIABLES)
def test_nothing_is_mixed_into_an_environment_of_ones_own(tmp_path: Path, name: str) -> None:
    environment = {name: "mine"}
    with announced(tmp_path / "env", DEMO):
        use_running_demo(environment, tmp_path / "env")
    assert environment == {name: "mine"}


def test_what_a_killed_demo_left_is_not_used(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    use_running_demo(environment, tmp_path / "env")
    (tmp_path / "env").write_text(export_line(DEMO))
    use_running_demo(environment, tmp_path / "env")
    assert environment == {}


def test_a_shell_reads_the_line() -> None:
    shown = subprocess.run(
        ["sh", "-c", f'{export_line(DEMO)}; printf %s "$ELASTICSEARCH_URL|$IMAGE_ROOTS"'],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shown.stdout == f"{DEMO['ELASTICSEARCH_URL']}|/a folder"


def test_commands_of_a_shop_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr("indexer.cli.main.use_running_demo", lambda: taken.append("indexer"))
    monkeypatch.setattr("lookalike.cli.use_running_demo", lambda: taken.append("lookalike"))
    CliRunner().invoke(main, ["size", "--help"])
    CliRunner().invoke(lookalike, ["size", "--help"])
    CliRunner().invoke(lookalike, ["demo", "--help"])  # starts servers of its own
    assert taken == ["indexer", "lookalike"]
