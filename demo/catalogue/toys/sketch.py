"""A toy's drawing: shapes with shading, highlights, and the surface of its material."""

from demo.catalogue import palette, svg
from demo.catalogue.svg import Point

SIZE = 540
"""Side of the square picture, in units."""
FLOOR = 440.0
"""Height of the floor the toys stand on."""
MIDDLE = 270.0

NATURAL = "#dcb681"


class Sketch:
    """Shapes drawn back to front, lit from the upper left."""

    def __init__(self, material: str) -> None:
        self.material = material
        self._parts: list[str] = []
        self._fills: dict[tuple[str, str], str] = {}
        self._defs: list[str] = [svg.blur("soft3", 3, 0.6), svg.blur("soft9", 9, 0.5)]

    @property
    def natural(self) -> str:
        """Colour of unpainted parts."""
        return NATURAL if self.material == "wood" else "#f4f1ea"

    def _paint(self, colour: str, form: str) -> str:
        key = (colour, form)
        if key not in self._fills:
            name = f"p{len(self._fills)}"
            self._fills[key] = name
            self._defs.append(_gradient(name, colour, form, self.material))
        return f"url(#{self._fills[key]})"

    def shape(self, data: str, colour: str, form: str = "flat", rim: bool = True) -> None:
        """Draw a shape.

        Parameters
        ----------
        data : str
            Path data.
        colour : str
            ``#rrggbb`` colour.
        form : str
            ``flat``, ``round`` (a ball), ``tube`` (upright cylinder) or ``log`` (lying cylinder).
        rim : bool
            Whether its edge is darkened a little, as where two parts meet.
        """
        edge = palette.darker(colour, 0.5) if rim else None
        self._parts.append(
            svg.el("path", d=data, fill=self._paint(colour, form), stroke=edge, stroke_width=1.1, stroke_opacity=0.45)
        )

    def ellipse(self, centre: Point, rx: float, ry: float, colour: str, form: str = "round") -> None:
        """Draw an ellipse.

        Parameters
        ----------
        centre : tuple of float
            Its centre.
        rx, ry : float
            Its radii.
        colour, form : str
            As for `shape`.
        """
        x, y = centre
        n = svg.number
        arc = f"A{n(rx)} {n(ry)} 0 0 1"
        self.shape(f"M{n(x - rx)} {n(y)}{arc} {n(x + rx)} {n(y)}{arc} {n(x - rx)} {n(y)}Z", colour, form)

    def box(self, corner: Point, size: Point, colour: str, radius: float = 6, form: str = "flat") -> None:
        """Draw a box with round corners.

        Parameters
        ----------
        corner, size : tuple of float
            Upper left corner; width and height.
        colour : str
            ``#rrggbb`` colour.
        radius : float
            Radius of its corners.
        form : str
            As for `shape`.
        """
        (x, y), (w, h), n = corner, size, svg.number
        r = min(radius, w / 2, h / 2)
        data = f"M{n(x + r)} {n(y)}h{n(w - 2 * r)}q{n(r)} 0 {n(r)} {n(r)}v{n(h - 2 * r)}q0 {n(r)} {n(-r)} {n(r)}"
        data += f"h{n(2 * r - w)}q{n(-r)} 0 {n(-r)} {n(-r)}v{n(2 * r - h)}q0 {n(-r)} {n(r)} {n(-r)}Z"
        self.shape(data, colour, form)

    def line(self, data: str, colour: str, width: float = 3, opacity: float = 1) -> None:
        """Draw a line.

        Parameters
        ----------
        data : str
            Path data.
        colour : str
            ``#rrggbb`` colour.
        width : float
            Width in pixels.
        opacity : float
            0..1.
        """
        self._parts.append(
            svg.el(
                "path", d=data, fill="none", stroke=colour, stroke_width=width, opacity=opacity, stroke_linecap="round"
            )
        )

    def gloss(self, centre: Point, rx: float, ry: float, turn: float = 0) -> None:
        """Draw a highlight on plastic; other materials have none.

        Parameters
        ----------
        centre : tuple of float
            Its centre.
        rx, ry : float
            Its radii.
        turn : float
            Rotation in degrees.
        """
        if self.material != "plastic":
            return
        where = f"rotate({svg.number(turn)} {svg.number(centre[0])} {svg.number(centre[1])})"
        spot = {"cx": centre[0], "cy": centre[1], "fill": "#fff", "transform": where}
        self._parts.append(svg.el("ellipse", rx=rx, ry=ry, opacity=0.5, filter="url(#soft3)", **spot))
        self._parts.append(svg.el("ellipse", rx=rx * 0.6, ry=ry * 0.5, opacity=0.75, **spot))

    def sphere_shade(self, centre: Point, radius: float) -> None:
        """Shade a painted disc like a ball.

        Parameters
        ----------
        centre : tuple of float
            Its centre.
        radius : float
            Its radius.
        """
        stops: tuple[svg.Stop, ...] = ((0, "#fff", 0.26), (0.45, "#fff", 0), (0.7, "#14101c", 0.1), (1, "#14101c", 0.5))
        name = f"s{len(self._defs)}"
        self._defs.append(svg.radial(name, *stops, centre=(0.36, 0.3), radius=0.78))
        self._parts.append(svg.el("circle", cx=centre[0], cy=centre[1], r=radius, fill=f"url(#{name})"))

    def shadow(self, centre: Point, rx: float, ry: float, opacity: float = 0.4) -> None:
        """Draw a soft shadow.

        Parameters
        ----------
        centre : tuple of float
            Its centre.
        rx, ry : float
            Its radii.
        opacity : float
            0..1.
        """
        spot = {"cx": centre[0], "cy": centre[1], "fill": "#211d26"}
        blurred = "url(#soft9)" if rx > 40 else "url(#soft3)"
        self._parts.append(svg.el("ellipse", rx=rx, ry=ry, opacity=opacity, filter=blurred, **spot))

    def wheel(self, centre: Point, radius: float, tyre: str, hub: str) -> None:
        """Draw a wheel.

        Parameters
        ----------
        centre : tuple of float
            Its centre.
        radius : float
            Its radius.
        tyre, hub : str
            ``#rrggbb`` colours.
        """
        self.ellipse(centre, radius, radius, tyre)
        self.ellipse(centre, radius * 0.6, radius * 0.6, hub)
        self.ellipse(centre, radius * 0.16, radius * 0.16, palette.darker(hub, 0.4))
        self.gloss((centre[0] - radius * 0.3, centre[1] - radius * 0.55), radius * 0.3, radius * 0.12, -25)

    def svg(self, transform: str) -> str:
        """Return the drawing as an SVG document.

        Parameters
        ----------
        transform : str
            SVG transform of the toy.

        Returns
        -------
        str
            The document.
        """
        return svg.document(SIZE, SIZE, [svg.el("g", *self._parts, transform=transform)], self._defs)


def _gradient(name: str, colour: str, form: str, material: str) -> str:
    glow, shade = {"plastic": (0.34, 0.4), "wood": (0.18, 0.32)}.get(material, (0.16, 0.4))
    light, dark = palette.lighter(colour, glow), palette.darker(colour, shade)
    if form == "round":
        return svg.radial(name, (0, light), (0.5, colour), (1, dark), centre=(0.36, 0.3), radius=0.78)
    if form in {"tube", "log"}:
        end = (1, 0) if form == "tube" else (0, 1)
        edge = palette.darker(colour, shade * 0.7)
        return svg.linear(name, (0, edge), (0.28, light), (0.55, colour), (1, dark), end=end)
    return svg.linear(
        name, (0, palette.lighter(colour, glow * 0.5)), (1, palette.darker(colour, shade * 0.5)), end=(0.25, 1)
    )
