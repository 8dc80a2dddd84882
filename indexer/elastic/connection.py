"""How the client reaches Elasticsearch: addresses, credentials, certificates, a proxy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from indexer.elastic.node import BoundedNode
from indexer.settings import Settings

_PORTS = {"http": 80, "https": 443}


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of ``Elasticsearch`` that say where it is and who asks."""
    key, password = settings.elasticsearch_api_key, settings.elasticsearch_password
    proxy = settings.elasticsearch_proxy
    options: dict[str, Any] = {
        "node_class": BoundedNode.through(proxy.get_secret_value()) if proxy else BoundedNode,
        "api_key": key.get_secret_value() if key else None,
        "basic_auth": (settings.elasticsearch_user, password.get_secret_value()) if password else None,
    }
    if settings.elasticsearch_ca_file:
        options["ca_certs"] = str(settings.elasticsearch_ca_file)
    if settings.elasticsearch_fingerprint:
        options["ssl_assert_fingerprint"] = settings.elasticsearch_fingerprint
    if settings.elasticsearch_cloud_id:
        return {"cloud_id": settings.elasticsearch_cloud_id, **options}
    return {"hosts": [with_port(address) for address in settings.elasticsearch_url.split(",")], **options}


def with_port(address: str) -> str:
    """Return an address with its port, which the client demands: 443 for https, 80 for http, as in any URL."""
    parts = urlsplit(address)
    if parts.port is not None:
        return address
    return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{_PORTS[parts.scheme]}").geturl()
