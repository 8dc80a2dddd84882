"""Cars, trains and rockets."""

import math
from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.toys.plush import Colours
from demo.catalogue.toys.sketch import Sketch

_TYRE = "#2d2c31"


def _round_cabin(sketch: Sketch, body: str) -> None:
    cabin = "M150 318C160 262 186 226 226 222H314C352 224 376 264 392 318Z"
    sketch.shape(cabin, palette.lighter(body, 0.1), "flat")
    glass = "#cfe4ee"
    sketch.shape("M176 314C184 272 202 244 228 242H262V314Z", glass, "flat")
    sketch.shape("M276 314V242H310C336 244 354 276 364 314Z", glass, "flat")
    sketch.line("M196 300L226 254M296 306L326 258", "#ffffff", 5, 0.6)
    sketch.gloss((226, 232), 40, 4)


def _van_cabin(sketch: Sketch, body: str, rack: str) -> None:
    sketch.line("M132 206H356M150 206v14M338 206v14", palette.darker(rack, 0.2), 8)
    sketch.box((104, 216), (296, 130), palette.lighter(body, 0.1), 34)
    for x, width in ((126, 70), (208, 70), (290, 84)):
        sketch.box((x, 240), (width, 66), "#cfe4ee", 10)
        sketch.line(f"M{x + 14} 294l26 -42", "#ffffff", 5, 0.6)
    sketch.gloss((200, 226), 60, 4)


def toy_car(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a little car from the side."""
    body, second, _, light = colours
    tyre = sketch.natural if sketch.material == "wood" else _TYRE
    if rng.random() < 0.4:
        _van_cabin(sketch, body, second)
    else:
        _round_cabin(sketch, body)
    hull = "M84 400C70 400 66 388 68 366C70 330 92 316 132 312H404C446 316 474 334 476 368C478 392 472 400 458 400Z"
    sketch.shape(hull, body, "log")
    sketch.line("M86 372H456", palette.lighter(second, 0.1), 8)
    sketch.line("M268 318V388", palette.darker(body, 0.5), 2, 0.6)
    sketch.line("M284 344H306", light, 5)
    sketch.ellipse((458, 350), 12, 16, "#fff1bf")
    sketch.ellipse((80, 350), 8, 14, palette.mix("#d2352f", body, 0.2))
    for x in (164, 382):
        sketch.ellipse((x, 398), 52, 50, palette.darker(body, 0.65), "flat")
        sketch.wheel((x, 400), 42, tyre, second)
    sketch.gloss((150, 330), 46, 7, -4)
    return 208


def train(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a locomotive with one to three wagons."""
    main, second, third, light = colours
    wagons = max(1, min(3, pieces))
    scale = {1: 1.42, 2: 1.06, 3: 0.84}[wagons]
    unit = 132 * scale
    total = unit * (wagons + 1.25)
    x = 270 - total / 2
    floor, high = 440 - 22 * scale, 100 * scale
    for i in range(wagons):
        _wagon(sketch, (x + i * unit, floor, unit, high), (second, third, main)[i % 3], light)
    x += wagons * unit
    end = x + unit * 1.25
    sketch.box((x + 6, floor - high * 1.5), (unit * 0.5, high * 1.42), main, 6)
    sketch.box((x + unit * 0.13, floor - high * 1.28), (unit * 0.3, high * 0.5), "#d3e6ee", 5)
    sketch.box((x - 4, floor - high * 1.66), (unit * 0.66, high * 0.2), third, 8, "log")
    sketch.box((x + unit * 0.46, floor - high * 0.92), (unit * 0.68, high * 0.72), second, 18 * scale, "log")
    sketch.gloss((x + unit * 0.8, floor - high * 0.78), unit * 0.22, high * 0.04)
    funnel = x + unit * 0.9
    sketch.shape(
        svg.polygon(
            [
                (funnel - 9 * scale, floor - high * 0.9),
                (funnel - 17 * scale, floor - high * 1.42),
                (funnel + 17 * scale, floor - high * 1.42),
                (funnel + 9 * scale, floor - high * 0.9),
            ]
        ),
        third,
        "tube",
    )
    sketch.ellipse((end - unit * 0.1, floor - high * 0.56), 13 * scale, 21 * scale, "#ffe9a8")
    sketch.box((x, floor - high * 0.26), (unit * 1.2, high * 0.2), palette.darker(main, 0.35), 5, "log")
    for i in range(3):
        radius = (30 if i == 0 else 22) * scale
        tyre = sketch.natural if sketch.material == "wood" else _TYRE
        sketch.wheel((x + unit * (0.26 + 0.38 * i), 440 - radius), radius, tyre, main)
    return total / 2


def _wagon(sketch: Sketch, place: tuple[float, float, float, float], colour: str, light: str) -> None:
    x, floor, unit, high = place
    sketch.line(f"M{x + unit * 0.9:.1f} {floor - 12:.1f}h{unit * 0.2:.1f}", "#55504b", 6)
    sketch.box((x + 4, floor - high * 0.8), (unit * 0.88, high * 0.66), colour, 7)
    for i in range(3):
        at = x + unit * (0.14 + 0.25 * i)
        sketch.box((at, floor - high * 0.64), (unit * 0.16, high * 0.3), palette.lighter(colour, 0.55), 4)
    sketch.box((x, floor - high * 0.88), (unit * 0.94, high * 0.14), light, 5, "log")
    tyre = sketch.natural if sketch.material == "wood" else _TYRE
    radius = unit * 0.155
    for share in (0.24, 0.7):
        sketch.wheel((x + unit * share, 440 - radius), radius, tyre, colour)


def rocket(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a rocket standing on its fins."""
    main, second, third, light = colours
    for side in (-1, 1):
        fin = [(270 + side * 52, 300), (270 + side * 118, 366), (270 + side * 128, 440), (270 + side * 92, 424)]
        sketch.shape(svg.polygon([*fin, (270 + side * 54, 396)]), second, "flat")
        sketch.gloss((270 + side * 96, 370), 7, 24, -side * 36)
    sketch.shape("M238 396H302L312 430H228Z", palette.darker(third, 0.3), "tube")
    hull = "M270 84C332 144 350 232 328 398H212C190 232 208 144 270 84Z"
    sketch.shape(hull, light if sketch.material != "wood" else sketch.natural, "tube")
    sketch.shape("M270 84C298 111 317 143 327 182H213C223 143 242 111 270 84Z", main, "tube")
    sketch.shape("M207 316H333C332 334 331 348 330 362H210C209 348 208 334 207 316Z", main, "tube")
    sketch.shape("M214 374H327L326 398H213Z", third, "tube")
    sketch.ellipse((270, 242), 38, 38, third)
    sketch.ellipse((270, 242), 27, 27, "#bfe0ee")
    sketch.line("M256 250C256 236 264 226 276 224", "#ffffff", 5, 0.8)
    sketch.shape("M262 330H278V440H262Z", second, "tube")
    sketch.gloss((234, 220), 8, 62, 4)
    for angle in range(0, 360, 45):
        sketch.line(f"M270 242m{_spoke(angle)}h.1", palette.lighter(third, 0.5), 3.6)
    return 122


def _spoke(angle: int) -> str:
    return f"{32.5 * math.cos(math.radians(angle)):.1f} {32.5 * math.sin(math.radians(angle)):.1f}"
