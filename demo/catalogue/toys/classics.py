"""Blocks, rings, robots, doll houses and xylophones."""

import math
from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.toys.plush import Colours
from demo.catalogue.toys.sketch import Sketch


def building_blocks(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw blocks piled up in rows."""
    rows = {3: (2, 1), 6: (3, 2, 1), 10: (4, 3, 2, 1)}[pieces]
    side = {3: 128.0, 6: 104.0, 10: 82.0}[pieces]
    paints = [*colours[:3], sketch.natural]
    at = rng.randrange(4)
    for level, count in enumerate(rows):
        y = 440 - side * (level + 1)
        for i in range(count):
            x = 270 - count * side * 1.06 / 2 + i * side * 1.06 - side * 0.1
            _cube(sketch, (x, y, side), paints[(at + i + level * 2) % 4], (i + level) % 4)
    return rows[0] * side * 0.55


def _cube(sketch: Sketch, place: tuple[float, float, float], colour: str, mark: int) -> None:
    x, y, side = place
    skew = side * 0.22
    sketch.shape(
        svg.polygon(
            [(x + side, y), (x + side + skew, y - skew), (x + side + skew, y + side - skew), (x + side, y + side)]
        ),
        palette.darker(colour, 0.34),
    )
    top = svg.polygon([(x, y), (x + skew, y - skew), (x + side + skew, y - skew), (x + side, y)])
    sketch.shape(top, palette.lighter(colour, 0.32))
    sketch.box((x, y), (side, side), colour, 3)
    inset = side * 0.12
    frame = svg.polygon(
        [
            (x + inset, y + inset),
            (x + side - inset, y + inset),
            (x + side - inset, y + side - inset),
            (x + inset, y + side - inset),
        ]
    )
    pale = palette.lighter(colour, 0.62) if palette.luminance(colour) < 0.7 else palette.darker(colour, 0.35)
    sketch.line(frame, pale, side * 0.03, 0.8)
    cx, cy, r = x + side / 2, y + side / 2, side * 0.22
    corners = {0: 3, 1: 4, 2: 10, 3: 36}[mark]
    ring = []
    for i in range(corners):
        angle = -math.pi / 2 + math.tau * i / corners + (math.pi / 4 if corners == 4 else 0)
        reach = r * (0.45 if corners == 10 and i % 2 else 1.12)
        ring.append((cx + reach * math.cos(angle), cy + reach * math.sin(angle)))
    sketch.shape(svg.polygon(ring), pale)
    sketch.gloss((x + side * 0.28, y + side * 0.07), side * 0.2, side * 0.025)


def stacking_rings(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw rings on a peg, the widest at the bottom."""
    paints = [
        colours[0],
        colours[1],
        colours[2],
        palette.mix(colours[0], colours[1], 0.5),
        palette.lighter(colours[2], 0.4),
    ]
    high = 250 / pieces
    sketch.box((252, 118), (36, 300), sketch.natural, 16, "tube")
    sketch.box((136, 412), (268, 28), sketch.natural, 13, "log")
    for i in range(pieces):
        half = 124 - i * (72 / max(pieces - 1, 1))
        y = 412 - (i + 1) * high
        colour = paints[i % len(paints)]
        sketch.box((270 - half, y + 1), (2 * half, high), colour, high / 2, "log")
        sketch.gloss((270 - half * 0.4, y + high * 0.26), half * 0.34, high * 0.07)
    sketch.ellipse((270, 122), 32, 32, colours[0])
    sketch.gloss((260, 110), 9, 6, -30)
    return 140


def robot(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a robot with dials on its chest."""
    main, second, third, light = colours
    metal = "#b9bfc6" if sketch.material == "plastic" else sketch.natural
    for side in (-1, 1):
        x = 270 + side * 44
        sketch.box((x - 20, 372), (40, 54), metal, 8, "tube")
        sketch.box((x - 34, 412), (68, 28), third, 12)
        for i in range(4):
            sketch.box((270 + side * 122 - 17, 246 + i * 25), (34, 23), (main, metal)[i % 2], 9, "tube")
        sketch.shape(_claw(270 + side * 122, 352), third, "round")
        sketch.ellipse((270 + side * 104, 252), 27, 27, second)
    sketch.box((254, 196), (32, 36), metal, 6, "tube")
    sketch.box((176, 224), (188, 158), main, 22)
    sketch.gloss((206, 240), 26, 5)
    sketch.box((200, 252), (140, 74), light, 12)
    for i, colour in enumerate((second, third, palette.mix(second, third, 0.5))):
        sketch.ellipse((228 + i * 42, 278), 14, 14, colour)
        sketch.gloss((224 + i * 42, 272), 4, 3)
    sketch.line("M220 310H320", palette.darker(light, 0.4), 5)
    for i in range(5):
        sketch.line(f"M{216 + i * 27} 346v18", palette.darker(main, 0.35), 6)
    sketch.line("M270 100V68", metal, 7)
    sketch.ellipse((270, 62), 14, 14, second)
    sketch.box((190, 98), (160, 106), main, 26)
    for side in (-1, 1):
        sketch.box((270 + side * 92 - 11, 128), (22, 44), second, 8, "tube")
    _robot_eyes(sketch, third, visor=rng.random() < 0.4)
    sketch.box((232, 178), (76, 12), light, 6)
    sketch.gloss((226, 110), 24, 5)
    return 128


def _robot_eyes(sketch: Sketch, colour: str, *, visor: bool) -> None:
    if visor:
        sketch.box((210, 116), (120, 50), "#23252c", 24)
    for side in (-1, 1):
        x = 270 + side * (28 if visor else 38)
        if visor:
            sketch.ellipse((x, 141), 12, 12, palette.lighter(colour, 0.55))
            continue
        sketch.ellipse((x, 142), 27, 27, "#fdfdfb")
        sketch.ellipse((x, 142), 15, 15, palette.darker(colour, 0.25))
        sketch.line(f"M{x - 5} 136h.1", "#ffffff", 8)


def _claw(x: float, y: float) -> str:
    ring = []
    for i in range(14):
        angle = math.radians(125 + i * 290 / 13)
        ring.append((x + 25 * math.cos(angle), y + 25 * math.sin(angle)))
    inner = [
        (x + 11 * math.cos(math.radians(a)), y + 11 * math.sin(math.radians(a))) for a in (415, 330, 270, 210, 125)
    ]
    return svg.polygon(ring + inner)


def doll_house(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a house with windows, a door and a chimney."""
    roof, door, frame, light = colours
    wall = light if sketch.material != "wood" else palette.mix(sketch.natural, light, 0.35)
    sketch.box((346, 100), (34, 92), palette.darker(roof, 0.15), 3, "tube")
    sketch.box((338, 94), (50, 14), sketch.natural, 3)
    sketch.shape("M390 214L432 196V418L390 440Z", palette.darker(wall, 0.28))
    sketch.box((128, 212), (264, 228), wall, 2)
    sketch.shape("M258 88L300 76L450 196L428 206Z", palette.darker(roof, 0.3))
    sketch.shape("M104 222L260 86L416 222L396 230L260 114L124 230Z", roof, "log")
    sketch.shape("M134 222L260 114L386 222Z", palette.darker(wall, 0.06))
    sketch.ellipse((260, 182), 23, 23, frame)
    sketch.ellipse((260, 182), 16, 16, "#cfe6f0")
    for i in range(3):
        _window(sketch, (150 + i * 82, 246), frame)
    _window(sketch, (150, 346), frame)
    _window(sketch, (314, 346), frame)
    sketch.box((230, 340), (60, 100), door, 4)
    sketch.shape("M230 344C230 314 290 314 290 344Z", palette.lighter(door, 0.3))
    sketch.ellipse((279, 392), 4.5, 4.5, "#f4d27a")
    sketch.line("M130 330H390", palette.darker(wall, 0.3), 5, 0.6)
    for x in (146, 310):
        sketch.box((x, 402), (66, 13), roof, 3)
        for i in range(4):
            sketch.ellipse((x + 11 + i * 15, 400), 8, 8, (door, frame)[i % 2])
    sketch.box((112, 432), (330, 12), palette.mix(frame, "#5f8f57", 0.6), 4)
    return 168


def _window(sketch: Sketch, corner: tuple[float, float], frame: str) -> None:
    x, y = corner
    sketch.box((x - 4, y - 4), (66, 62), frame, 4)
    sketch.box((x + 2, y + 2), (54, 50), "#cfe6f0", 2)
    sketch.line(f"M{x + 29} {y + 2}v50M{x + 2} {y + 27}h54", frame, 4)
    sketch.line(f"M{x + 8} {y + 20}l12 -14", "#ffffff", 3, 0.7)


def xylophone(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw an xylophone with its mallets, seen from above at a slant."""
    paints = [
        colours[0],
        palette.mix(colours[0], colours[1], 0.5),
        colours[1],
        palette.mix(colours[1], colours[2], 0.5),
    ]
    paints += [colours[2], palette.mix(colours[2], "#7d5ba6", 0.4)]
    left, right = 78.0, 462.0
    for high, low, tilt in ((272, 30, 12), (380, 30, -12)):
        rail = [(left, high - tilt), (right, high + tilt), (right, high + tilt + low), (left, high - tilt + low)]
        sketch.shape(svg.polygon(rail), sketch.natural, "log")
    step = (right - left) / pieces
    for i in range(pieces):
        start = left + i * step + step * 0.1
        taper = 70 * i / max(pieces - 1, 1)
        top, bottom = 196 + taper * 0.72, 440 - taper * 0.66
        colour = paints[i * len(paints) // pieces]
        sketch.shadow((start + step * 0.45, bottom - 4), step * 0.4, 6, 0.4)
        sketch.box((start, top), (step * 0.8, bottom - top), colour, 10, "tube")
        for hole in (top + 30, bottom - 34):
            sketch.ellipse((start + step * 0.4, hole), 6.5, 6.5, "#d9dadd")
    for x0, y0, x1, y1 in ((120, 138, 330, 190), (420, 116, 250, 182)):
        sketch.line(f"M{x0} {y0}L{x1} {y1}", palette.darker(sketch.natural, 0.25), 11)
        sketch.line(f"M{x0} {y0 - 2}L{x1} {y1 - 2}", palette.lighter(sketch.natural, 0.3), 4)
        sketch.ellipse((x1, y1), 22, 21, colours[0] if x0 < x1 else colours[2])
    return 198
