"""Named colours, which colours go together, and arithmetic on colours."""

Rgb = tuple[float, float, float]

DRESS_COLORS: dict[str, str] = {
    "ivory": "#f1eadc",
    "blush": "#e7c6bd",
    "dusty rose": "#c58f8f",
    "coral": "#e27d66",
    "terracotta": "#b9623f",
    "cherry red": "#b3202f",
    "burgundy": "#6a1f31",
    "plum": "#643a5f",
    "lavender": "#b4a6d3",
    "powder blue": "#a8c1da",
    "cobalt": "#2a4da3",
    "navy": "#232f4d",
    "teal": "#23706f",
    "emerald": "#17684c",
    "sage": "#9bae90",
    "mint": "#b4d8c5",
    "olive": "#6e7044",
    "mustard": "#d5a136",
    "camel": "#bb9264",
    "chocolate": "#5b3a2b",
    "charcoal": "#44464b",
    "black": "#202124",
}

DRESS_ACCENTS: dict[str, tuple[str, ...]] = {
    "ivory": ("navy", "terracotta", "sage", "cobalt", "black"),
    "blush": ("burgundy", "sage", "ivory", "dusty rose"),
    "dusty rose": ("ivory", "burgundy", "olive"),
    "coral": ("ivory", "mustard", "navy"),
    "terracotta": ("ivory", "mustard", "blush", "navy"),
    "cherry red": ("ivory", "black", "blush"),
    "burgundy": ("blush", "camel", "ivory"),
    "plum": ("lavender", "blush", "mustard"),
    "lavender": ("ivory", "plum", "mint"),
    "powder blue": ("ivory", "navy", "coral"),
    "cobalt": ("ivory", "mustard", "powder blue"),
    "navy": ("ivory", "powder blue", "coral", "mustard"),
    "teal": ("ivory", "mustard", "mint"),
    "emerald": ("ivory", "mint", "blush"),
    "sage": ("ivory", "olive", "terracotta"),
    "mint": ("ivory", "emerald", "coral"),
    "olive": ("ivory", "mustard", "camel"),
    "mustard": ("ivory", "navy", "chocolate"),
    "camel": ("ivory", "chocolate", "black"),
    "chocolate": ("camel", "ivory", "blush"),
    "charcoal": ("ivory", "powder blue", "mustard"),
    "black": ("ivory", "cherry red", "camel"),
}

TOY_COLORS: dict[str, tuple[str, str, str, str]] = {
    "sunshine": ("#f2b632", "#e4572e", "#2e86ab", "#f7ede2"),
    "berry": ("#c2395b", "#f2a7b5", "#6a4c93", "#fbeff2"),
    "ocean": ("#2274a5", "#5fc3cf", "#f4a259", "#eef6f8"),
    "forest": ("#3f7d4f", "#a7c957", "#bc6c25", "#f4f1e4"),
    "candy": ("#f28ab2", "#7fd1c7", "#ffd166", "#fff6f1"),
    "retro": ("#d1603d", "#e9b44c", "#1c6e73", "#f3e9d2"),
    "scarlet": ("#c92a2a", "#f1c453", "#2b2d42", "#f8f4ee"),
    "lilac": ("#9a7bc9", "#f6c6d9", "#6fb7a9", "#f7f3fb"),
    "nordic": ("#7d98a1", "#d9b8a0", "#54626f", "#f2eee8"),
    "lime": ("#8ac926", "#1982c4", "#ff924c", "#f5f8ec"),
}

TOY_FURS: dict[str, str] = {
    "honey": "#c8924f",
    "chestnut": "#7d4b2f",
    "cream": "#ead9bd",
    "grey": "#9d9a98",
    "rose": "#dba1a3",
    "sky": "#94b6cf",
}

TOY_BOWS: dict[str, str] = {
    "honey": "#b3273a",
    "chestnut": "#e0a83c",
    "cream": "#7a9cc0",
    "grey": "#d98c8c",
    "rose": "#f3ead9",
    "sky": "#f2b632",
}
"""Bow or scarf for each fur."""

FINISHES: dict[str, str] = {
    "silver": "#cfd2d6",
    "space grey": "#6d7076",
    "black": "#26272b",
    "white": "#eef0f1",
    "rose gold": "#dcb3a6",
    "navy": "#2c3a58",
    "forest green": "#3d5347",
}

FRAME_COLORS: dict[str, str] = {
    "black": "#17181b",
    "graphite": "#4a4d53",
    "silver": "#bfc3c8",
    "white": "#eceded",
    "oak": "#b88b5a",
    "walnut": "#69452f",
}


def rgb(colour: str) -> Rgb:
    """Read a ``#rrggbb`` colour.

    Parameters
    ----------
    colour : str
        The colour.

    Returns
    -------
    tuple of float
        Red, green and blue in 0..1.
    """
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def mix(first: str, second: str, share: float) -> str:
    """Mix two colours.

    Parameters
    ----------
    first, second : str
        ``#rrggbb`` colours.
    share : float
        Share of the second, 0..1.

    Returns
    -------
    str
        The mixture as ``#rrggbb``.
    """
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02x}" for a, b in pairs)


def lighter(colour: str, share: float) -> str:
    """Mix a colour with white.

    Parameters
    ----------
    colour : str
        ``#rrggbb`` colour.
    share : float
        Share of white, 0..1.

    Returns
    -------
    str
        The lighter colour.
    """
    return mix(colour, "#ffffff", share)


def darker(colour: str, share: float) -> str:
    """Mix a colour with a cool near-black, which looks more like shade than black does.

    Parameters
    ----------
    colour : str
        ``#rrggbb`` colour.
    share : float
        Share of near-black, 0..1.

    Returns
    -------
    str
        The darker colour.
    """
    return mix(colour, "#0c0d14", share)


def luminance(colour: str) -> float:
    """Return how bright a colour looks.

    Parameters
    ----------
    colour : str
        ``#rrggbb`` colour.

    Returns
    -------
    float
        0 (black) .. 1 (white).
    """
    red, green, blue = rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue
