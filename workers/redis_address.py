"""Where Redis is: the value of ``REDIS_URL``, as each of its clients needs it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

_SENTINEL_SCHEME = "redis+sentinel"
_SENTINEL_PORT = 26379


@dataclass(frozen=True)
class RedisAddress:
    """A Redis, or the sentinels that know which of several is the master.

    Attributes
    ----------
    url : str
        ``redis://``, ``rediss://`` (TLS, with ``ssl_ca_certs=FILE`` in its query for an authority of one's own), or
        ``redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DB?sentinel_password=...``.
    """

    url: str

    @property
    def is_sentinel(self) -> bool:
        """Whether sentinels say which Redis is the master."""
        return self.url.startswith(f"{_SENTINEL_SCHEME}://")

    def celery(self) -> dict[str, Any]:
        """Return Celery's configuration of its broker, without other transport options."""
        if self.is_sentinel:
            user, password = (quote(self.credentials().get(name, ""), safe="") for name in ("username", "password"))
            login = f"{user}:{password}@" if password else ""
            nodes = ";".join(f"sentinel://{login}{host}:{port}/{self.db()}" for host, port in self.sentinels())
            return {
                "broker_url": nodes,
                "broker_transport": "workers.queues.transport:SentinelTransport",
                "broker_transport_options": {"master_name": self.master(), "sentinel_kwargs": self.of_sentinels()},
            }
        parts = urlsplit(self.url)
        config: dict[str, Any] = {"broker_url": self.url, "broker_transport": "workers.queues.transport:Transport"}
        if parts.scheme == "rediss":  # which kombu takes for a plain one, unless it is told
            certificates = {name: values[0] for name, values in parse_qs(parts.query).items() if name == "ssl_ca_certs"}
            config["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED, **certificates}
            config["broker_url"] = parts._replace(query="").geturl()
        return config

    def limits(self) -> tuple[str, dict[str, Any]]:
        """Return the address and options of the rate limiter's storage."""
        if not self.is_sentinel:
            return self.url, {}
        nodes = ",".join(f"{host}:{port}" for host, port in self.sentinels())
        unset = {"username": None, "password": None}  # otherwise those of Redis are sent to the sentinels
        options = {"db": self.db(), "sentinel_kwargs": {**unset, **self.of_sentinels()}, "use_replicas": False}
        return f"{_SENTINEL_SCHEME}://{nodes}/{self.master()}", {**options, **self.credentials()}

    def sentinels(self) -> list[tuple[str, int]]:
        """Return host and port of each sentinel."""
        nodes = [urlsplit(f"//{node}") for node in urlsplit(self.url).netloc.rpartition("@")[2].split(",")]
        return [(node.hostname or "", node.port or _SENTINEL_PORT) for node in nodes]

    def credentials(self) -> dict[str, str]:
        """Return ``username`` and ``password`` of Redis, as far as there are any."""
        user, _, password = urlsplit(self.url).netloc.rpartition("@")[0].partition(":")
        return {name: unquote(value) for name, value in (("username", user), ("password", password)) if value}

    def of_sentinels(self) -> dict[str, str]:
        """Return the ``password`` of the sentinels, if they have one."""
        passwords = parse_qs(urlsplit(self.url).query).get("sentinel_password")
        return {"password": passwords[0]} if passwords else {}

    def master(self) -> str:
        """Return the name by which the sentinels know the master."""
        return urlsplit(self.url).path.split("/")[1]

    def db(self) -> int:
        """Return the number of the database."""
        return int((urlsplit(self.url).path.split("/")[2:] or ["0"])[0])
