"""An unpacked Elasticsearch in the cache, from the official tarball or from inside a Maven artifact."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.services import maven, tarball
from demo.services.cache import cached
from demo.services.service import Say, ServiceError, UnavailableError

VERSION = "9.4.3"
OLDEST_VERSION = "8.19.13"  # that is tested


@dataclass(frozen=True)
class Distribution:
    """An unpacked Elasticsearch.

    Attributes
    ----------
    home
        Its folder.
    jdk
        The home of its bundled JDK, None without one.
    """

    home: Path
    jdk: Path | None

    def has_module(self, name: str) -> bool:
        """Return whether a module is included; Elasticsearch refuses settings of a missing one at startup."""
        return (self.home / "modules" / name).is_dir()


def chosen_version() -> str:
    """Return the version that ``ELASTICSEARCH_VERSION`` names (``8.19``, ``9.4`` or a whole one), else the newest.

    Raises
    ------
    ServiceError
        It names none.
    """
    name = os.environ.get("ELASTICSEARCH_VERSION") or VERSION
    series = {version.rpartition(".")[0]: version for version in (VERSION, OLDEST_VERSION)}
    version = series.get(name, name)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ServiceError(f"ELASTICSEARCH_VERSION is {name!r}; set it to a whole version, or to {' or '.join(series)}")
    return version


def find_distribution(say: Say, version: str = "") -> Distribution:
    """Return an unpacked Elasticsearch, fetched first if the cache has none.

    Parameters
    ----------
    say
        Called with a line for each step.
    version
        By default `chosen_version`.

    Raises
    ------
    ServiceError
        Neither source worked; the message says why.
    """
    version = version or chosen_version()
    home = cached(f"elasticsearch-{version}", lambda scratch, result: _fetch(version, scratch, result, say))
    for bundled in (home / "jdk", home / "jdk.app" / "Contents" / "Home"):
        if (bundled / "bin" / "java").is_file():
            return Distribution(home, bundled)
    return Distribution(home, None)


def platform_name() -> str:
    """Return this machine's platform as Elastic's downloads name it.

    Raises
    ------
    UnavailableError
        There is no Elasticsearch for this platform.
    """
    machine = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}.get(
        platform.machine().lower()
    )
    if sys.platform not in {"linux", "darwin"} or machine is None:
        raise UnavailableError(f"there is no Elasticsearch to start on {sys.platform} {platform.machine()}")
    return f"{sys.platform}-{machine}"


def _fetch(version: str, scratch: Path, result: Path, say: Say) -> str:
    reasons = []
    for fetch, name in ((_official, "official tarball"), (_from_maven, "Maven artifact")):
        try:
            return fetch(version, scratch, result, say)
        except UnavailableError as error:
            reasons.append(f"{name}: {error}")
            say(f"Elasticsearch: {reasons[-1]}")
    raise ServiceError(
        f"no Elasticsearch {version} could be fetched. "
        + "; ".join(reasons)
        + ". Set ELASTICSEARCH_URL to a server of yours"
    )


def _official(version: str, scratch: Path, result: Path, say: Say) -> str:
    return tarball.fetch(f"elasticsearch-{version}-{platform_name()}.tar.gz", scratch, result, say)


def _from_maven(version: str, scratch: Path, result: Path, say: Say) -> str:
    platform_name()  # the artifact has native code for the same platforms as the tarballs
    return maven.fetch(version, scratch, result, say)
