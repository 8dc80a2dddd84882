"""Designing laptops and TVs."""

from random import Random

from demo.catalogue import palette
from demo.catalogue.design_dress import pick
from demo.catalogue.model import Attributes, Value
from demo.catalogue.screens import WALLPAPERS
from demo.catalogue.vocabulary import DOMAINS


def design_laptop(rng: Random) -> tuple[Attributes, list[str], dict[str, Value]]:
    """Design a laptop.

    Parameters
    ----------
    rng : random.Random
        The product's stream.

    Returns
    -------
    tuple
        Attributes, names of those the picture shows, and what else it shows.
    """
    size = float(pick(rng, {"11.6": 7, "13.3": 18, "14.0": 22, "15.6": 24, "16.0": 15, "17.3": 9, "18.0": 5}))
    tent = size <= 15.6 and rng.random() < 0.26
    color = pick(rng, dict(zip(palette.FINISHES, (26, 22, 20, 10, 9, 8, 6), strict=True)))
    level = rng.choices(range(4), (3, 4, 2, 1))[0]
    dark = color in {"black", "navy", "space grey", "forest green"}
    key = pick(
        rng, {"black": 5, "dark grey": 2, "silver": 1, "white": 1} if dark else {"black": 4, "white": 3, "silver": 3}
    )
    attributes: Attributes = {
        "screen_size_in": size,
        "bezel": pick(rng, {"thin": 7, "thick": 4}),
        "color": color,
        "keyboard_color": key,
        "keyboard_backlight": pick(rng, {"none": 6, "white": 4, "RGB": 3 if dark and not tent else 0}),
        "numeric_keypad": size >= 15.6 and rng.random() < 0.6,
        "form_factor": "2-in-1" if tent else "clamshell",
        "touchscreen": tent or rng.random() < 0.15,
        "cpu": DOMAINS["laptop"]["cpu"][level + rng.choice([0, 1])],
        "ram_gb": (8, 16, 32, 64)[level],
        "storage_gb": rng.choice([(256, 512), (512, 1024), (1024, 1024), (1024, 2048)][level]),
        "ports": rng.choice(DOMAINS["laptop"]["ports"]),
        "weight_kg": round(1.0 + (size - 11.6) * 0.24 + rng.uniform(0, 0.4), 1),
    }
    visual = ["screen_size_in", "bezel", "color", "form_factor"]
    if not tent:
        visual += ["keyboard_color", "keyboard_backlight", "numeric_keypad"]
    return attributes, visual, {"wallpaper": rng.choice(list(WALLPAPERS))}


def design_tv(rng: Random) -> tuple[Attributes, list[str], dict[str, Value]]:
    """Design a TV.

    Parameters
    ----------
    rng : random.Random
        The product's stream.

    Returns
    -------
    tuple
        Attributes, names of those the picture shows, and what else it shows.
    """
    size = rng.choices(DOMAINS["tv"]["screen_size_in"], (6, 11, 9, 15, 13, 18, 14, 9, 5))[0]
    inches = float(str(size))
    stands = {"centre pedestal": 4, "two feet": 5, "wall-mounted": 4, "wide bar": 3}
    if 43 <= inches <= 65:
        stands["easel"] = 2
    panel = pick(rng, {"LED": 9, "QLED": 5 if inches >= 43 else 0, "OLED": 5 if inches >= 43 else 0})
    resolution = "HD" if inches <= 24 else "Full HD" if inches <= 40 else "4K"
    if inches >= 65 and panel != "LED" and rng.random() < 0.25:
        resolution = "8K"
    attributes: Attributes = {
        "screen_size_in": size,
        "bezel": pick(rng, {"thin": 6, "medium": 4, "wide": 2}),
        "stand": pick(rng, stands),
        "frame_color": pick(rng, dict(zip(palette.FRAME_COLORS, (32, 17, 18, 14, 10, 8), strict=True))),
        "panel_type": panel,
        "resolution": resolution,
        "refresh_rate_hz": rng.choice((50, 60) if panel == "LED" else (100, 120, 144)),
        "smart_tv": inches > 24 or rng.random() < 0.5,
        "hdmi_ports": rng.choice((1, 2) if inches <= 32 else (2, 3, 4)),
    }
    visual = ["screen_size_in", "bezel", "stand", "frame_color"]
    return attributes, visual, {"wallpaper": rng.choice(list(WALLPAPERS))}
