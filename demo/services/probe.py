"""Probes: whether a server answers, and its version."""

import ssl
from functools import cache

import httpx
import redis
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from demo.services.service import Service, ServiceError

GIVEN_URL_PATIENCE_S = 30.0
PROBE_TIMEOUT_S = 20.0  # for a busy machine; a port that nobody listens on refuses at once


@cache
def _tls() -> ssl.SSLContext:
    """Read the certificates once: httpx reads them for each request, which costs more than all else of a probe."""
    return httpx.create_ssl_context()


def without_password(url: str) -> str:
    """Return an address without its credentials."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url


def elasticsearch_version(url: str, *, proxies: bool = True) -> str | None:
    """Return the version of the Elasticsearch at an address, None while nothing answers there.

    Raises
    ------
    ServiceError
        The server refuses the credentials, or isn't Elasticsearch.
    """
    try:
        answer = httpx.get(url, timeout=PROBE_TIMEOUT_S, trust_env=proxies, verify=_tls())
    except httpx.TransportError:
        return None
    except httpx.InvalidURL as error:
        raise ServiceError(f"{without_password(url)} is not a valid address: {error}") from error
    if answer.status_code in {401, 403}:
        raise ServiceError(f"Elasticsearch at {without_password(url)} refuses the credentials ({answer.status_code})")
    if answer.status_code >= 500:
        return None
    try:
        return str(answer.json()["version"]["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise ServiceError(
            f"the server at {without_password(url)} is not Elasticsearch ({answer.status_code})"
        ) from error


def elasticsearch_ready(url: str) -> str | None:
    """Return the version of an embedded Elasticsearch once its indices can be searched, None until then."""
    try:
        health = httpx.get(f"{url}/_cluster/health", timeout=PROBE_TIMEOUT_S, trust_env=False, verify=_tls())
    except httpx.TransportError:
        return None
    if health.status_code != 200 or health.json()["status"] not in {"green", "yellow"}:
        return None
    return elasticsearch_version(url, proxies=False)


def redis_version(url: str) -> str | None:
    """Return the version of the Redis at an address, None while nothing answers there.

    Raises
    ------
    ServiceError
        The server refuses the credentials, or isn't Redis.
    """
    try:
        with redis.Redis.from_url(
            url, socket_timeout=PROBE_TIMEOUT_S, socket_connect_timeout=PROBE_TIMEOUT_S
        ) as client:
            client.ping()
            return str(client.info("server")["redis_version"])
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise ServiceError(f"Redis at {without_password(url)} refuses the credentials: {error}") from error
    except (redis.ConnectionError, redis.TimeoutError):  # also while it loads its data
        return None
    except (redis.RedisError, ValueError) as error:
        raise ServiceError(f"the server at {without_password(url)} is not Redis: {error}") from error


def configured(name: str, url: str) -> Service:
    """Return the server at an address from the settings, once it answers.

    Raises
    ------
    ServiceError
        The server does not answer in time.
    """
    read_version = elasticsearch_version if name == "Elasticsearch" else redis_version
    tries = Retrying(
        stop=stop_after_delay(GIVEN_URL_PATIENCE_S),
        wait=wait_fixed(0.5),
        retry=retry_if_result(lambda version: version is None),
    )
    try:
        version = tries(read_version, url)
    except RetryError as error:
        raise ServiceError(
            f"{name.upper()}_URL is {without_password(url)}, and nothing answered there within "
            f"{GIVEN_URL_PATIENCE_S:.0f} s; start that server, or unset {name.upper()}_URL to have one started"
        ) from error
    return Service(name, url, f"{name} {version} at {without_password(url)}, from {name.upper()}_URL")
