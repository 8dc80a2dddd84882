"""A JDK for Elasticsearch: one on this machine, or one fetched into the cache."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from demo.services.cache import cached, last_line, pip_install
from demo.services.process import Identity
from demo.services.service import Say, ServiceError, UnavailableError

OLDEST = 21
FETCHED = "25"
INSTALLER = "install-jdk==1.1.0"
CHECK_TIMEOUT_S = 120
FETCH_TIMEOUT_S = 900

USUAL_PLACES = ("/usr/lib/jvm/*", "/usr/java/*", "/opt/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
USUAL_PLACES_OF_A_USER = (".jdk/*", ".jdk/*/Contents/Home", ".sdkman/candidates/java/*")


def find_jdk(identity: Identity | None, say: Say) -> Path:
    """Return the home of a full JDK that is new enough.

    Parameters
    ----------
    identity
        The user that must be able to run it.
    say
        Called with a line for each unsuitable JDK, if none suits or a variable names it.

    Raises
    ------
    ServiceError
        There is none, and none could be fetched.
    """
    suitable, refused = _survey(identity)
    if suitable is None or _named(refused):
        for _, reason in refused if suitable is None else _named(refused):
            say(f"JDK: {reason}")
    if suitable is not None:
        return suitable
    if not refused:
        say("JDK: none found by ES_JAVA_HOME, JAVA_HOME, PATH or in the usual places")
    try:
        home = _java_home(cached(f"jdk-{FETCHED}", lambda scratch, result: _fetch(scratch, result, say)))
        check(home, identity)
    except UnavailableError as error:
        raise ServiceError(
            f"no JDK of {OLDEST} or newer: {error}. "
            "Install one (for example the package openjdk-21-jdk) or set ES_JAVA_HOME"
        ) from error
    return home


def candidates() -> Iterator[Path]:
    """Yield the Java homes of this machine, those that a variable names first."""
    seen: set[Path] = set()
    places = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    on_path = shutil.which("java")
    if on_path:
        places.append(Path(on_path).resolve().parent.parent)
    root, user = Path("/"), Path.home()
    places += [home for pattern in USUAL_PLACES for home in sorted(root.glob(pattern[1:]))]
    places += [home for pattern in USUAL_PLACES_OF_A_USER for home in sorted(user.glob(pattern))]
    for home in places:
        real = home.resolve()
        if real not in seen and (_is_named(home) or (real / "bin" / "java").is_file()):
            seen.add(real)
            yield home


def check(home: Path, identity: Identity | None = None) -> int:
    """Check that Elasticsearch can run on a JDK, and return its feature version.

    Raises
    ------
    UnavailableError
        It is too old, not a full JDK, or can't be run by the server's user.
    """
    java = home / "bin" / "java"
    modules = _run([str(java), "--list-modules"], identity)
    version = _version(home, identity)
    if version < OLDEST:
        raise UnavailableError(f"{home} is Java {version}, Elasticsearch needs {OLDEST} or newer")
    if not re.search(r"^jdk\.jdi\b", modules, re.MULTILINE):
        raise UnavailableError(f"{home} is not a full JDK (the module jdk.jdi is missing)")
    return version


def _survey(identity: Identity | None) -> tuple[Path | None, list[tuple[Path, str]]]:
    # A suitable one that a variable names, otherwise the newest suitable one.
    suitable: list[tuple[int, Path]] = []
    refused: list[tuple[Path, str]] = []
    for home in candidates():
        try:
            suitable.append((check(home, identity), home))
        except UnavailableError as error:
            refused.append((home, str(error)))
        else:
            if _is_named(home):
                return home, refused
    return (max(suitable)[1] if suitable else None), refused


def _named(refused: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    return [(home, reason) for home, reason in refused if _is_named(home)]


def _is_named(home: Path) -> bool:
    return str(home) in {os.environ.get("ES_JAVA_HOME"), os.environ.get("JAVA_HOME")}


def _version(home: Path, identity: Identity | None) -> int:
    release = home / "release"
    text = release.read_text(errors="replace") if release.is_file() else ""
    stated = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE) or re.search(
        r'version "(\d+)', _run([str(home / "bin" / "java"), "-version"], identity)
    )
    if stated is None:
        raise UnavailableError(f"{home} does not say what version it is")
    return int(stated[1])


def _run(command: list[str], identity: Identity | None) -> str:
    options = identity.options() if identity else {}
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, cwd="/", capture_output=True, text=True, timeout=CHECK_TIMEOUT_S, check=False, **options
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} can't be run{_as(identity)}: {error}") from error
    if done.returncode != 0:
        raise UnavailableError(f"{' '.join(command)} failed{_as(identity)}: {last_line(done.stderr)}")
    return done.stdout + done.stderr


def _as(identity: Identity | None) -> str:
    return f" as {identity.name}" if identity else ""


def _fetch(scratch: Path, result: Path, say: Say) -> str:
    say(f"JDK: fetching {FETCHED} with {INSTALLER} from PyPI")
    tool, unpacked = scratch / "tool", scratch / "jdk"
    pip_install(INSTALLER, tool)
    unpacked.mkdir()
    program = "import sys, jdk; jdk.install(sys.argv[1], path=sys.argv[2])"
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, FETCHED, str(unpacked)],
            env={**os.environ, "PYTHONPATH": str(tool)},
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"install-jdk took more than {FETCH_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise UnavailableError(f"install-jdk could not fetch JDK {FETCHED}: {last_line(done.stderr)}")
    unpacked.rename(result)
    return INSTALLER


def _java_home(folder: Path) -> Path:
    for java in sorted(folder.glob("**/bin/java")):
        return java.parent.parent
    raise UnavailableError(f"{folder} has no bin/java; remove it and try again")
