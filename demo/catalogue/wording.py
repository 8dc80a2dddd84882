"""A product's attributes in words, for titles and descriptions."""

from demo.catalogue.model import Product, number


def _title_case(text: str) -> str:
    return " ".join(w if w[:1].isdigit() else w[:1].upper() + w[1:] for w in text.split())


def words(product: Product) -> dict[str, str]:
    """Return a product's attributes in words.

    Parameters
    ----------
    product : Product
        The product.

    Returns
    -------
    dict
        Words by placeholder; capitalised placeholders have them in title case.
    """
    by_placeholder = {"brand": product.brand, "name": product.name}
    by_placeholder |= _WORDS[product.kind](product)
    by_placeholder |= {
        key.capitalize(): _title_case(value) for key, value in by_placeholder.items() if key not in {"brand", "name"}
    }
    return by_placeholder


def _dress_words(product: Product) -> dict[str, str]:
    a = product.attributes
    sleeve, pattern, silhouette = str(a["sleeve"]), str(a["pattern"]), str(a["silhouette"])
    material = str(a["material"])
    adjective = {"stripes": "striped", "polka dots": "polka dot", "plaid": "plaid", "animal print": "animal print"}
    with_sleeve = {
        "sleeveless": "no sleeves",
        "spaghetti strap": "spaghetti straps",
    }.get(sleeve, f"{sleeve} sleeves")
    print_of = {"solid": "one clear colour", "stripes": "even stripes", "polka dots": "neat polka dots"}
    neckline = str(a["neckline"])
    return {
        "color": str(a["color"]),
        "pattern": "" if pattern == "solid" else adjective.get(pattern, pattern),
        "print": print_of.get(pattern, f"a {pattern} design" if pattern != "animal print" else "a bold animal print"),
        "length": "knee-length" if a["dress_length"] == "knee" else str(a["dress_length"]),
        "cut": {"ball gown": "gown", "A-line": "A-line dress"}.get(silhouette, f"{silhouette} dress"),
        "dress": "gown" if silhouette == "ball gown" else "dress",
        "sleeve": with_sleeve,
        "neck": neckline if neckline.endswith("neck") else f"{neckline} neckline",
        "material": material,
        "fabric": "sequin fabric" if material == "sequin" else material,
        "occasion": {"everyday": "every day", "wedding guest": "weddings", "holiday": "holidays"}.get(
            str(a["occasion"]),
            f"{a['occasion']} days" if a["occasion"] == "work" else f"{a['occasion']} wear",
        ),
        "belt": "A slim belt marks the waist." if a["belted"] else "",
        "lining": "Fully lined." if a["lined"] else "Unlined and light to wear.",
        "closure": {"pull-on": "It simply pulls on", "tie": "It closes with a tie at the waist"}.get(
            str(a["closure"]), f"It closes with {'' if str(a['closure']).endswith('s') else 'a '}{a['closure']}"
        ),
    }


def _toy_words(product: Product) -> dict[str, str]:
    a = product.attributes
    toy_type, material = str(a["toy_type"]), str(a["material"])
    unit = {"building blocks": "pieces", "stacking rings": "rings", "xylophone": "notes", "train": "wagons"}
    count = str(a.get("pieces", ""))
    counted = f"{count} {unit[toy_type]}" if toy_type in unit else ""
    if count == "1":
        counted = "1 wagon"
    plural = toy_type.endswith(("blocks", "rings"))
    return {
        "toy": toy_type,
        "article": "a set of" if plural else "a",
        "material": {"wood": "wooden"}.get(material, material),
        "color": str(a["color"]),
        "counted": f"with {counted}" if counted else "",
        "age": str(a["recommended_age"]).replace("+", "").strip() if a["recommended_age"] != "0+" else "birth",
        "height": f"{a['height_cm']} cm",
        "care": _TOY_CARE[material],
    }


_TOY_CARE = {
    "wood": "Made from smooth beech and finished with water-based paint.",
    "plastic": "Made from tough, wipe-clean plastic without sharp edges.",
    "plush": "Made from soft, dense plush that keeps its shape.",
}


def _laptop_words(product: Product) -> dict[str, str]:
    a = product.attributes
    storage = int(number(a, "storage_gb"))
    keys = {"none": "a quiet", "white": "a backlit", "RGB": "an RGB-lit"}[str(a["keyboard_backlight"])]
    return {
        "size": f"{number(a, 'screen_size_in'):g}-inch",
        "type": "2-in-1" if a["form_factor"] == "2-in-1" else "laptop",
        "color": str(a["color"]),
        "cpu": str(a["cpu"]).split()[0],
        "ram": f"{a['ram_gb']} GB",
        "storage": f"{storage} GB" if storage < 1024 else f"{storage // 1024} TB",
        "keys": f"{keys} keyboard" + (" with a numeric keypad" if a["numeric_keypad"] else ""),
        "weight": f"{a['weight_kg']} kg",
        "touch": "The screen responds to touch." if a["touchscreen"] else "",
        "frame": "A slim frame leaves more room for the picture."
        if a["bezel"] == "thin"
        else "A sturdy frame protects the panel.",
    }


def _tv_words(product: Product) -> dict[str, str]:
    a = product.attributes
    stand = {
        "centre pedestal": "on a centre pedestal",
        "two feet": "on two slim feet",
        "wall-mounted": "with its flat wall bracket",
        "wide bar": "on a wide bar stand",
        "easel": "on a wooden easel",
    }
    return {
        "size": f"{a['screen_size_in']}-inch",
        "panel": str(a["panel_type"]),
        "resolution": str(a["resolution"]),
        "rate": f"{a['refresh_rate_hz']} Hz",
        "smart": "Smart" if a["smart_tv"] else "",
        "stand": stand[str(a["stand"])],
        "color": str(a["frame_color"]),
        "hdmi": "one HDMI input" if a["hdmi_ports"] == 1 else f"{a['hdmi_ports']} HDMI inputs",
        "frame": {"thin": "barely-there", "medium": "slim", "wide": "gallery-style"}[str(a["bezel"])],
    }


_WORDS = {"dress": _dress_words, "toy": _toy_words, "laptop": _laptop_words, "tv": _tv_words}
