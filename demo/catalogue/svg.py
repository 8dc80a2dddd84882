"""SVG markup: elements with escaped attributes, gradients, filters and paths."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

Point = tuple[float, float]
Stop = tuple[float, str] | tuple[float, str, float]


def number(value: float) -> str:
    """Format a coordinate with at most two decimals, so that documents stay short and stable.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        Its shortest decimal form.
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def el(tag: str, *children: str, **attributes: object) -> str:
    """Build an element; ``stroke_width=2`` becomes ``stroke-width="2"`` and None leaves an attribute out.

    Parameters
    ----------
    tag : str
        Element name.
    *children : str
        Markup of the children.
    **attributes : object
        Attributes; a trailing underscore is dropped, so that Python keywords can be used.

    Returns
    -------
    str
        The markup.
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is None:
            continue
        text = number(value) if isinstance(value, float) else str(value)
        parts.append(f"{name.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    head = " ".join(parts)
    return f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>"


def document(width: int, height: int, body: Iterable[str], defs: Iterable[str] = ()) -> str:
    """Wrap markup into an SVG document.

    Parameters
    ----------
    width, height : int
        Size in pixels.
    body : iterable of str
        What is drawn, back to front.
    defs : iterable of str
        Gradients, filters and patterns.

    Returns
    -------
    str
        The document.
    """
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return f"{head}<defs>{''.join(defs)}</defs>{''.join(body)}</svg>"


def _stops(stops: Sequence[Stop]) -> str:
    return "".join(
        el("stop", offset=stop[0], stop_color=stop[1], stop_opacity=stop[2] if len(stop) == 3 else None)
        for stop in stops
    )


def linear(name: str, *stops: Stop, start: Point = (0, 0), end: Point = (0, 1), user: bool = False) -> str:
    """Build a linear gradient.

    Parameters
    ----------
    name : str
        Its id.
    *stops : tuple
        (offset 0..1, colour[, opacity 0..1]).
    start, end : tuple of float
        Direction, in fractions of the painted box, or in user units when `user` is true.
    user : bool
        Whether the direction is in user units.

    Returns
    -------
    str
        The markup.
    """
    units = "userSpaceOnUse" if user else None
    return el(
        "linearGradient",
        _stops(stops),
        id=name,
        x1=float(start[0]),
        y1=float(start[1]),
        x2=float(end[0]),
        y2=float(end[1]),
        gradientUnits=units,
    )


def radial(name: str, *stops: Stop, centre: Point = (0.5, 0.5), radius: float = 0.5, user: bool = False) -> str:
    """Build a radial gradient.

    Parameters
    ----------
    name : str
        Its id.
    *stops : tuple
        (offset 0..1, colour[, opacity 0..1]).
    centre : tuple of float
        Centre, in fractions of the painted box, or in user units when `user` is true.
    radius : float
        Radius, in the same units.
    user : bool
        Whether centre and radius are in user units.

    Returns
    -------
    str
        The markup.
    """
    units = "userSpaceOnUse" if user else None
    return el(
        "radialGradient",
        _stops(stops),
        id=name,
        cx=float(centre[0]),
        cy=float(centre[1]),
        r=float(radius),
        gradientUnits=units,
    )


def blur(name: str, deviation: float, margin: float = 0.2) -> str:
    """Build a Gaussian blur filter.

    Parameters
    ----------
    name : str
        Its id.
    deviation : float
        Standard deviation in pixels.
    margin : float
        How far the filter region reaches outside the painted box, in fractions of its size.

    Returns
    -------
    str
        The markup.
    """
    size = 1 + 2 * margin
    inner = el("feGaussianBlur", stdDeviation=deviation)
    return el("filter", inner, id=name, x=-margin, y=-margin, width=size, height=size)


def polygon(points: Iterable[Point], close: bool = True) -> str:
    """Return path data of straight lines through points.

    Parameters
    ----------
    points : iterable of tuple
        The corners.
    close : bool
        Whether the path returns to its start.

    Returns
    -------
    str
        Path data.
    """
    body = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{body}{'Z' if close else ''}"


def smooth(points: Sequence[Point], close: bool = False) -> str:
    """Return path data of a Catmull-Rom curve through points.

    Parameters
    ----------
    points : sequence of tuple
        Points the curve passes through, at least two.
    close : bool
        Whether the curve is closed.

    Returns
    -------
    str
        Path data.
    """
    count = len(points)
    data = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for i in range(count if close else count - 1):
        before = points[i - 1] if i > 0 or close else points[0]
        here, there = points[i], points[(i + 1) % count]
        after = points[(i + 2) % count] if close or i + 2 < count else there
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        data.append("C" + " ".join(f"{number(x)} {number(y)}" for x, y in (first, second, there)))
    return "".join(data) + ("Z" if close else "")
