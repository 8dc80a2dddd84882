"""The settings of Elasticsearch and Redis: where they are, and how they are reached."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexer.setting_checks import check_access, check_address, check_tunnelled, with_password
from indexer.setting_files import with_secret_files

_SENTINEL = re.compile(r"redis\+sentinel://([^@/]*@)?[^@/?]+/[\w.-]+(/\d+)?(\?sentinel_password=[^&]+)?")


class ServerSettings(BaseSettings):
    """Settings of the servers, from the environment (names in upper case); secrets may stand in files."""

    model_config = SettingsConfigDict(extra="ignore")

    elasticsearch_url: str = Field(
        "http://localhost:9200", description="URL of Elasticsearch, or those of several nodes, separated by ','."
    )
    elasticsearch_cloud_id: str = Field("", description="Cloud id of an Elastic Cloud deployment, instead of a URL.")
    elasticsearch_api_key: SecretStr | None = Field(None, description="API key, if Elasticsearch requires one.")
    elasticsearch_user: str = Field("", description="Name of the user, if there is no API key.")
    elasticsearch_password: SecretStr | None = Field(None, description="Password of ELASTICSEARCH_USER.")
    elasticsearch_ca_file: Path | None = Field(None, description="Certificates (PEM) of who signed Elasticsearch's.")
    elasticsearch_fingerprint: str = Field(
        "",
        pattern=r"^(([0-9A-Fa-f]{2}:?){32})?$",
        description="SHA-256 of Elasticsearch's certificate; no authority is asked then.",
    )
    elasticsearch_proxy: SecretStr | None = Field(
        None, description="HTTP proxy through which https connections to Elasticsearch are tunnelled."
    )
    redis_password: SecretStr | None = Field(None, description="Password of Redis, if REDIS_URL has none.")
    redis_url: str = Field("redis://localhost:6379/0", description="Celery's broker and the storefront's cache.")

    @model_validator(mode="before")
    @classmethod
    def _files(cls, values: dict[str, Any]) -> dict[str, Any]:
        return with_secret_files(values)

    @field_validator(
        "elasticsearch_api_key", "elasticsearch_ca_file", "elasticsearch_proxy", "redis_password", mode="before"
    )
    @classmethod
    def _unset(cls, value: object) -> object:
        return value or None

    @field_validator("elasticsearch_url")
    @classmethod
    def _nodes(cls, value: str) -> str:
        addresses = [address.strip() for address in value.split(",")]
        for address in addresses:
            check_address(address, {"http", "https"}, "http://localhost:9200")
        return ",".join(addresses)

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str, info: ValidationInfo) -> str:
        if not _SENTINEL.fullmatch(value):
            check_address(value, {"redis", "rediss"}, "redis://localhost:6379/0")
        password = info.data.get("redis_password")
        return with_password(value, password.get_secret_value()) if password else value

    @model_validator(mode="after")
    def _access(self) -> Self:
        check_access(self.elasticsearch_api_key, self.elasticsearch_user, self.elasticsearch_password)
        if self.elasticsearch_proxy:
            check_tunnelled(self.elasticsearch_cloud_id, self.elasticsearch_url)
        return self
