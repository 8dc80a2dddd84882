"""Settings of how often one client address may ask."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class RateLimitSettings(BaseSettings):
    """Rate limits of the web application, from the environment; an empty one is no limit."""

    rate_limit_pages: str = Field("1200/minute", description="Requests for each page per client address.")
    rate_limit_pictures: str = Field("60000/minute", description="Pictures of products per client address.")
    rate_limit_writes: str = Field("240/minute", description="Submissions of each form or event per client address.")
    rate_limit_photos: str = Field("30/minute", description="Searches by photograph per client address.")
    rate_limit_texts: str = Field(
        "60/minute", description="New words of text queries per client address; beyond it they are keywords."
    )
    rate_limit_logins: str = Field("10/minute", description="Login attempts per client address.")
    rate_limit_webhook: str = Field("6000/minute", description="Signed catalogue requests per client address.")
    rate_limit_unsigned: str = Field(
        "60/minute", description="Catalogue requests without a valid signature per client address."
    )
