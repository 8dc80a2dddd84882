"""How much a product of the catalogue may hold."""

from __future__ import annotations

ID_BYTES = 512  # that Elasticsearch takes; a longer id would have it refuse the whole request
TITLE = 1_000  # characters, as all limits of text
DESCRIPTION = 20_000
NAME = 200  # of a brand, a style id, a level of the category
LEVELS = 10  # of the category
IMAGES = 50
IMAGE_ADDRESS = 2_000
ATTRIBUTES = 200
ATTRIBUTE_NAME = 64
ATTRIBUTE_TEXT = 500
ATTRIBUTE_VALUES = 100  # of one attribute
PRICE = 1e12
UNKNOWN_NAME = 200  # characters of the name of a field that isn't ours
DEPTH = 20  # levels of unknown fields, because readers fail on deeper nesting
EXACT = 2**53  # many JSON readers are exact only up to this integer
