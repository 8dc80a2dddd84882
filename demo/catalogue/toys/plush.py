"""Cuddly animals, ducks and dinosaurs."""

from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.toys.sketch import Sketch

Colours = tuple[str, str, str, str]
"""Main colour, second, third, and a light one."""


def _face(sketch: Sketch, x: float, y: float, spread: float) -> None:
    for side in (-1, 1):
        sketch.ellipse((x + side * spread, y), 7.5, 8.5, "#17130f")
        sketch.line(f"M{x + side * spread - 2.5:.1f} {y - 3:.1f}h.1", "#ffffff", 4.5)


def teddy_bear(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a sitting bear with a bow."""
    fur, bow, _, _ = colours
    pale = palette.lighter(fur, 0.42)
    for side in (-1, 1):
        sketch.ellipse((270 + side * 62, 148), 34, 33, fur)
        sketch.ellipse((270 + side * 62, 151), 19, 19, pale)
        arm = [(270 + side * 70, 262), (270 + side * 122, 300), (270 + side * 132, 350), (270 + side * 106, 360)]
        sketch.shape(svg.smooth([*arm, (270 + side * 74, 322)], close=True), fur, "round")
    jumper = rng.random() < 0.4
    sketch.ellipse((270, 345), 98, 96, bow if jumper else fur)
    if jumper:
        for y, half in ((300, 70), (332, 86), (364, 86)):
            sketch.line(f"M{270 - half} {y}Q270 {y + 22} {270 + half} {y}", palette.lighter(bow, 0.6), 11)
    else:
        sketch.ellipse((270, 356), 60, 66, pale)
    for side in (-1, 1):
        sketch.ellipse((270 + side * 84, 404), 50, 42, fur)
        sketch.ellipse((270 + side * 92, 408), 28, 29, pale)
    sketch.shadow((270, 262), 74, 14, 0.35)
    sketch.ellipse((270, 192), 88, 78, fur)
    sketch.ellipse((270, 216), 43, 34, pale)
    sketch.shape(svg.smooth([(253, 203), (270, 199), (287, 203), (270, 219)], close=True), "#1c1410", "round")
    sketch.line("M270 218V230M270 230C262 240 250 238 248 232M270 230C278 240 290 238 292 232", "#1c1410", 3.4)
    _face(sketch, 270, 182, 36)
    if not jumper:
        _bow(sketch, 270, 272, bow)
    return 138


def _bow(sketch: Sketch, x: float, y: float, colour: str) -> None:
    for side in (-1, 1):
        loop = [(x, y), (x + side * 40, y - 24), (x + side * 50, y + 4), (x + side * 36, y + 24)]
        sketch.shape(svg.smooth(loop, close=True), colour, "flat")
        sketch.line(f"M{x + side * 10} {y}L{x + side * 34} {y - 4}", palette.darker(colour, 0.4), 2, 0.6)
    sketch.ellipse((x, y), 13, 12, palette.lighter(colour, 0.12))


def bunny(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a standing rabbit with long ears and a scarf."""
    fur, scarf, _, _ = colours
    pale, pink = palette.lighter(fur, 0.5), palette.mix(palette.lighter(fur, 0.3), "#e79aa2", 0.55)
    for side in (-1, 1):
        ear = [(270 + side * 18, 178), (270 + side * 30, 96), (270 + side * 54, 58), (270 + side * 68, 100)]
        sketch.shape(svg.smooth([*ear, (270 + side * 56, 176)], close=True), fur, "tube")
        inner = [(270 + side * 32, 168), (270 + side * 40, 104), (270 + side * 53, 82), (270 + side * 55, 160)]
        sketch.shape(svg.smooth(inner, close=True), pink, "flat", rim=False)
        arm = [(270 + side * 52, 290), (270 + side * 98, 330), (270 + side * 96, 362), (270 + side * 66, 350)]
        sketch.shape(svg.smooth(arm, close=True), fur, "round")
    sketch.ellipse((270, 354), 76, 88, fur)
    sketch.ellipse((270, 362), 46, 60, pale)
    for side in (-1, 1):
        sketch.ellipse((270 + side * 50, 424), 46, 20, fur)
    sketch.ellipse((270, 222), 78, 70, fur)
    sketch.ellipse((270, 246), 36, 26, pale)
    sketch.ellipse((270, 234), 9, 6.5, pink)
    sketch.line("M270 240V250M270 250C264 258 255 257 252 252M270 250C276 258 285 257 288 252", "#1c1410", 2.8)
    _face(sketch, 270, 214, 34)
    band = "M206 280C240 300 300 300 334 280L338 300C300 322 240 322 202 300Z"
    sketch.shape(band, scarf, "log")
    sketch.shape("M300 304L330 300L342 366L308 372Z", scarf, "tube")
    return 104


def dinosaur(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a long-necked dinosaur with plates along its back."""
    skin, plate, spot, _ = colours
    dark = palette.darker(skin, 0.22)
    back = [(164, 172), (176, 236), (206, 288), (262, 282), (322, 286), (376, 326), (428, 366)]
    for i, (x, y) in enumerate(back):
        size = (16, 22, 27, 32, 30, 24, 17)[i]
        tip = (x - size * 0.25, y - size * 1.25) if i > 1 else (x + size * 1.1, y - size * 0.7)
        fin = svg.smooth([(x - size, y + 8), tip, (x + size, y + 8)], close=False) + "Z"
        sketch.shape(fin, plate, "flat")
    for x in (222, 340):
        sketch.box((x, 360), (46, 78), dark, 18, "tube")
    trunk = [(92, 196), (98, 156), (130, 136), (164, 148), (180, 200), (206, 268), (262, 270), (330, 276), (392, 330)]
    trunk += [
        (470, 386),
        (478, 400),
        (420, 392),
        (370, 384),
        (320, 402),
        (230, 402),
        (172, 366),
        (148, 292),
        (138, 226),
    ]
    sketch.shape(svg.smooth([*trunk, (112, 216)], close=True), skin, "round")
    for x in (190, 304):
        sketch.box((x, 356), (52, 84), skin, 20, "tube")
        for toe in range(3):
            sketch.ellipse((x + 11 + toe * 15, 434), 6, 5, palette.lighter(skin, 0.6))
    for x, y, r in ((232, 312, 15), (274, 340, 11), (300, 306, 13), (204, 346, 9), (344, 336, 10), (164, 258, 8)):
        sketch.ellipse((x, y), r, r * 0.85, spot, "flat")
    sketch.ellipse((132, 168), 7.5, 8.5, "#17130f")
    sketch.line("M129 165h.1", "#ffffff", 4)
    sketch.line("M98 200C112 208 124 206 132 198", palette.darker(skin, 0.7), 3.4)
    sketch.gloss((250, 290), 34, 9, -6)
    sketch.gloss((118, 152), 13, 5, -28)
    return 170


def rubber_duck(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a duck seen from the side."""
    body, beak, wing, _ = colours
    hull = [(112, 320), (96, 290), (122, 300), (170, 306), (236, 284), (300, 272), (372, 290), (408, 340), (392, 404)]
    sketch.shape(svg.smooth([*hull, (330, 438), (214, 438), (142, 408)], close=True), body, "round")
    sketch.gloss((190, 330), 34, 10, 8)
    feather = [(178, 340), (236, 318), (300, 330), (312, 364), (262, 388), (202, 382), (158, 356)]
    sketch.shape(
        svg.smooth(feather, close=True), wing if sketch.material == "wood" else palette.darker(body, 0.08), "round"
    )
    sketch.line("M190 364C222 378 262 378 292 362", palette.darker(body, 0.45), 2.6, 0.5)
    sketch.shadow((338, 286), 56, 12, 0.25)
    if rng.random() < 0.4:
        sketch.shape("M272 262C300 288 372 292 402 262L408 284C372 314 300 312 266 284Z", beak, "log")
        sketch.shape("M288 286L316 294L306 346L276 338Z", beak, "tube")
    bill = [(398, 196), (440, 190), (470, 204), (452, 222), (404, 228)]
    sketch.shape(svg.smooth(bill, close=True), beak, "log")
    sketch.line("M404 212C424 216 444 214 464 206", palette.darker(beak, 0.5), 2.6)
    sketch.ellipse((340, 206), 78, 74, body)
    sketch.ellipse((370, 184), 12, 14, "#17130f")
    sketch.line("M366 179h.1", "#ffffff", 7)
    sketch.gloss((304, 166), 26, 13, -38)
    return 150
