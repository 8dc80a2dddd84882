"""Settings of languages: of the catalogue's texts, and of the storefront."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode


class LanguageSettings(BaseSettings):
    """The languages of a shop, from the environment."""

    shop_language: Literal["english", "german", "french", "italian", "spanish", "portuguese", "dutch", "other"] = Field(
        "english", description="Language of the catalogue's texts, for keywords; a change takes a rebuild."
    )
    page_languages: Annotated[tuple[str, ...], NoDecode, Field(min_length=1)] = Field(
        ("en", "de"),
        description="Languages of the storefront (separated by ','), the first for browsers that prefer none of them.",
    )

    labels: Path | None = Field(
        None, description="TOML file of what the catalogue's names and values are called in the storefront's languages."
    )

    @field_validator("page_languages", mode="before")
    @classmethod
    def _codes(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        return value or None  # not the empty path, which is the current folder
