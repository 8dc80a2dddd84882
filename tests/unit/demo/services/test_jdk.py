import os
import shutil
from pathlib import Path

import pytest

from demo.services import ServiceError, jdk
from demo.services.service import UnavailableError


def make_java(home: Path, version: str, *, full: bool = True, release: bool = True) -> Path:
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    modules = "java.base@{0}\\njdk.jdi@{0}" if full else "java.base@{0}"
    java.write_text(
        "#!/bin/sh\n"
        f'case "$1" in --list-modules) printf "{modules.format(version)}\\n" ;; '
        f"-version) echo 'openjdk version \"{version}\"' >&2 ;; esac\n"
    )
    java.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="Fake"\nJAVA_VERSION="{version}"\n')
    return home


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Java."""
    for name in ("ES_JAVA_HOME", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(jdk, "USUAL_PLACES", (f"{tmp_path}/jvm/*",))
    monkeypatch.setattr(jdk, "USUAL_PLACES_OF_A_USER", ())
    return tmp_path / "jvm"


def test_the_newest_suitable_one_is_chosen(machine: Path) -> None:
    for name, version in (("a", "17.0.1"), ("b", "25.0.3"), ("c", "21.0.2")):
        make_java(machine / name, version)
    make_java(machine / "d", "26", full=False)
    assert jdk.find_jdk(None, pytest.fail) == machine / "b"


def test_one_that_a_variable_names_goes_first(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_java(machine / "new", "25")
    monkeypatch.setenv("ES_JAVA_HOME", str(make_java(machine.parent / "mine", "21.0.2")))
    assert jdk.find_jdk(None, pytest.fail) == machine.parent / "mine"


def test_an_unsuitable_one_that_a_variable_names_is_reported(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_java(machine / "new", "25")
    monkeypatch.setenv("JAVA_HOME", str(make_java(machine.parent / "old", "17.0.1")))
    lines: list[str] = []
    assert jdk.find_jdk(None, lines.append) == machine / "new"
    assert lines == [f"JDK: {machine.parent / 'old'} is Java 17, Elasticsearch needs 21 or newer"]


def test_java_reports_its_version_if_no_file_does(machine: Path) -> None:
    assert jdk.check(make_java(machine / "a", "21.0.2", release=False)) == 21


@pytest.mark.parametrize(
    ("version", "full", "reason"), [("17.0.1", True, "needs 21 or newer"), ("25", False, "jdk.jdi is missing")]
)
def test_an_unsuitable_one_says_why(machine: Path, version: str, full: bool, reason: str) -> None:
    with pytest.raises(UnavailableError, match=reason):
        jdk.check(make_java(machine / "a", version, full=full))


def test_one_that_cannot_be_run_says_so(machine: Path) -> None:
    home = make_java(machine / "a", "25")
    (home / "bin" / "java").write_text("no program")
    with pytest.raises(UnavailableError, match="can't be run"):
        jdk.check(home)


def test_without_a_suitable_one_each_reason_is_reported(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str, _: object) -> Path:
        raise UnavailableError("pip install install-jdk failed: no network")

    make_java(machine / "a", "17")
    monkeypatch.setattr(jdk, "cached", nothing)
    lines: list[str] = []
    with pytest.raises(ServiceError, match=r"no network.*ES_JAVA_HOME"):
        jdk.find_jdk(None, lines.append)
    assert any("Java 17" in line for line in lines)


def test_a_fetched_one_is_found_in_its_folder(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(name: str, _: object) -> Path:
        make_java(tmp_path / name / "jdk-25.0.3+9", "25.0.3")
        return tmp_path / name

    monkeypatch.setattr(jdk, "cached", fetched)
    assert jdk.find_jdk(None, lambda _: None) == tmp_path / "jdk-25" / "jdk-25.0.3+9"
    assert os.access(tmp_path / "jdk-25" / "jdk-25.0.3+9" / "bin" / "java", os.X_OK)
