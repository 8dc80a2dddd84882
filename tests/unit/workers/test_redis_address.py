"""REDIS_URL as Celery and the rate limiter take it."""

import ssl

import pytest

from indexer.errors import SettingsError
from indexer.settings import Settings
from workers.redis_address import RedisAddress

SENTINEL = "redis+sentinel://ada:a%40b@one:26379,two/shop/3?sentinel_password=s"


def test_a_plain_address_is_passed_on() -> None:
    address = RedisAddress("redis://:secret@host:6379/2")
    assert address.celery()["broker_url"] == "redis://:secret@host:6379/2"
    assert address.limits() == ("redis://:secret@host:6379/2", {})


def test_celery_is_told_of_tls_which_it_wouldnt_use_otherwise() -> None:
    config = RedisAddress("rediss://:secret@host:6379/0?ssl_ca_certs=/ca.pem").celery()
    assert config["broker_url"] == "rediss://:secret@host:6379/0"
    assert config["broker_use_ssl"] == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": "/ca.pem"}


def test_sentinels_are_read_from_one_address() -> None:
    address = RedisAddress(SENTINEL)
    assert address.sentinels() == [("one", 26379), ("two", 26379)]
    assert address.credentials() == {"username": "ada", "password": "a@b"}
    config = address.celery()
    assert config["broker_url"] == "sentinel://ada:a%40b@one:26379/3;sentinel://ada:a%40b@two:26379/3"
    assert config["broker_transport_options"] == {"master_name": "shop", "sentinel_kwargs": {"password": "s"}}
    storage, options = address.limits()
    assert storage == "redis+sentinel://one:26379,two:26379/shop"
    assert (options["db"], options["password"], options["sentinel_kwargs"]["password"]) == (3, "a@b", "s")
    alone = RedisAddress("redis+sentinel://one/shop")
    assert (alone.db(), alone.credentials(), alone.of_sentinels()) == (0, {}, {})


@pytest.mark.parametrize("url", ["redis+sentinel://one:26379", "redis+sentinel:///shop", "sentinel://one/shop"])
def test_an_address_that_names_no_master_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(SettingsError, match=r"REDIS_URL: "):
        Settings.from_environment()
    monkeypatch.setenv("REDIS_URL", SENTINEL)
    assert Settings.from_environment().redis_url == SENTINEL
