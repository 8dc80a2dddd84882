"""The shop's vocabulary: brands, and the values each attribute can take."""

from demo.catalogue import palette
from demo.catalogue.cloth import MATERIALS
from demo.catalogue.model import Attributes, Value
from demo.catalogue.prints import PATTERNS
from demo.catalogue.tailoring import HEMS, NECKLINES, SILHOUETTES, SLEEVES
from demo.catalogue.toys import TOYS
from demo.catalogue.tvs import STANDS

BRANDS: dict[str, dict[str, float]] = {
    "dress": {
        "Maison Corvane": 2.1,
        "Alder & Wren": 1.45,
        "Silvane": 1.3,
        "Petra Lowe": 1.15,
        "Fennimore": 1.0,
        "Juniper Row": 0.85,
        "Lumi Studio": 0.75,
        "Cotton Quay": 0.6,
    },
    "toy": {
        "Hazelwick": 1.5,
        "Brindle & Co": 1.3,
        "Oak & Otter": 1.2,
        "Pippinbox": 1.0,
        "Tumblewood": 0.95,
        "Kiddly": 0.75,
        "Zuzu Play": 0.7,
    },
    "laptop": {
        "Aurelon": 1.4,
        "Northwave": 1.2,
        "Kestrel": 1.1,
        "Tessera": 1.0,
        "Vantor": 0.95,
        "Quillbook": 0.85,
        "Bitmoor": 0.75,
    },
    "tv": {
        "Lumenar": 1.4,
        "Orvista": 1.2,
        "Halden": 1.1,
        "Vidora": 1.0,
        "Brightwell": 0.9,
        "Panorix": 0.85,
        "Telluma": 0.75,
    },
}
"""Brands of each kind and their price levels."""

STYLE_NAMES: dict[str, tuple[str, ...]] = {
    "dress": (
        *("Marlowe", "Odette", "Isla", "Wilhelmina", "Cleo", "Saskia", "Beatrix", "Lorna", "Esme", "Thea", "Ottoline"),
        *("Freya", "Marguerite", "Noor", "Ines", "Calla", "Viola", "Rosalind", "Linnea", "Delphine", "Maren", "Tilda"),
        *("Amara", "Elowen", "Colette", "Sabine", "Greta", "Paloma", "Romy", "Astrid", "Flora", "Juno", "Leonie"),
        *("Mireille", "Nadia", "Orla", "Perla", "Rhea", "Selma", "Verity", "Winona", "Yara", "Zelda", "Anouk", "Briar"),
    ),
    "toy": (
        *("Benny", "Dottie", "Milo", "Poppy", "Rufus", "Tilly", "Otto", "Maisie", "Barnaby", "Pip", "Fig", "Hugo"),
        *("Clover", "Biscuit", "Jasper", "Nell", "Toby", "Wanda", "Ziggy", "Mabel", "Rollo", "Suki", "Pim", "Lotte"),
    ),
    "laptop": (
        *("Aero", "Slate", "Pulse", "Vector", "Strata", "Orbit", "Nimbus", "Forge", "Lyra", "Meridian", "Axiom"),
        *("Cirrus", "Halo", "Ridge", "Summit", "Tempo", "Zenith", "Quanta", "Fable", "Drift"),
    ),
    "tv": (
        *("Vista", "Aurora", "Panorama", "Clarity", "Vivid", "Cinema", "Prisma", "Horizon", "Lumen", "Atlas", "Mirage"),
        *("Solace", "Spectra", "Gallery", "Vela", "Onyx"),
    ),
}

PIECES: dict[str, tuple[int, ...]] = {
    "building blocks": (3, 6, 10),
    "stacking rings": (4, 5, 6, 7),
    "xylophone": (5, 6, 7, 8),
    "train": (1, 2, 3),
}
"""Types of toy whose picture shows the number of pieces (blocks, rings, bars, wagons)."""

TOY_MATERIALS: dict[str, tuple[str, ...]] = {
    "teddy bear": ("plush",),
    "bunny": ("plush",),
    "dinosaur": ("plush", "plastic"),
    "ball": ("plastic", "plush"),
}
"""Materials of a type of toy; the others come in wood and plastic."""

CUDDLY = ("teddy bear", "bunny")
"""Types of toy whose colour is the colour of their fur."""

_SIZES: tuple[Value, ...] = (
    ["XS", "S", "M", "L"],
    ["S", "M", "L", "XL"],
    ["XS", "S", "M", "L", "XL"],
    ["34", "36", "38", "40", "42"],
    ["36", "38", "40", "42", "44", "46"],
)
_PORTS: tuple[Value, ...] = (
    ["USB-C", "USB-C", "headphone"],
    ["USB-C", "USB-A", "HDMI", "headphone"],
    ["USB-C", "USB-A", "USB-A", "HDMI", "SD card", "headphone"],
    ["USB-C", "USB-C", "USB-A", "HDMI", "Ethernet"],
    ["USB-A", "USB-A", "HDMI", "headphone"],
)

DOMAINS: dict[str, dict[str, tuple[Value, ...]]] = {
    "dress": {
        "color": tuple(palette.DRESS_COLORS),
        "accent_color": tuple(palette.DRESS_COLORS),
        "pattern": tuple(PATTERNS),
        "silhouette": SILHOUETTES,
        "dress_length": tuple(HEMS),
        "sleeve": SLEEVES,
        "neckline": NECKLINES,
        "material": tuple(MATERIALS),
        "belted": (False, True),
        "closure": ("concealed zip", "back buttons", "pull-on", "side zip", "tie"),
        "lined": (False, True),
        "occasion": ("everyday", "work", "party", "wedding guest", "holiday", "evening"),
        "sizes": _SIZES,
    },
    "toy": {
        "toy_type": tuple(TOYS),
        "color": tuple(palette.TOY_COLORS),
        "material": ("wood", "plastic", "plush"),
        "pieces": (1, 2, 3, 4, 5, 6, 7, 8, 10),
        "recommended_age": ("0+", "12 months+", "18 months+", "2 years+", "3 years+", "4 years+", "6 years+"),
        "batteries_required": (False, True),
        "washable": (False, True),
        "height_cm": tuple(range(8, 61)),
    },
    "laptop": {
        "screen_size_in": (11.6, 13.3, 14.0, 15.6, 16.0, 17.3, 18.0),
        "bezel": ("thin", "thick"),
        "color": tuple(palette.FINISHES),
        "keyboard_color": ("black", "white", "silver", "dark grey"),
        "keyboard_backlight": ("none", "white", "RGB"),
        "numeric_keypad": (False, True),
        "form_factor": ("clamshell", "2-in-1"),
        "touchscreen": (False, True),
        "cpu": ("4-core 2.4 GHz", "6-core 2.8 GHz", "8-core 3.2 GHz", "10-core 3.4 GHz", "14-core 3.8 GHz"),
        "ram_gb": (8, 16, 32, 64),
        "storage_gb": (256, 512, 1024, 2048),
        "ports": _PORTS,
        "weight_kg": tuple(round(1.0 + 0.1 * i, 1) for i in range(21)),
    },
    "tv": {
        "screen_size_in": (24, 32, 40, 43, 50, 55, 65, 75, 85),
        "bezel": ("thin", "medium", "wide"),
        "stand": STANDS,
        "frame_color": tuple(palette.FRAME_COLORS),
        "panel_type": ("LED", "QLED", "OLED"),
        "resolution": ("HD", "Full HD", "4K", "8K"),
        "refresh_rate_hz": (50, 60, 100, 120, 144),
        "smart_tv": (False, True),
        "hdmi_ports": (1, 2, 3, 4),
    },
}
"""Every value an attribute can take, by kind."""


def domain(kind: str, name: str, attributes: Attributes) -> tuple[Value, ...]:
    """Return the plausible values of a product's attribute.

    Parameters
    ----------
    kind : str
        Kind of the product.
    name : str
        Name of the attribute.
    attributes : dict
        The product's attributes, which narrow the choice.

    Returns
    -------
    tuple
        The values.
    """
    if kind == "toy":
        toy_type = str(attributes["toy_type"])
        if name == "color" and toy_type in CUDDLY:
            return tuple(palette.TOY_FURS)
        if name == "pieces":
            return PIECES[toy_type]
    return DOMAINS[kind][name]
