"""A pinhole camera and rectangles in space, for products with straight edges."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from demo.catalogue import svg
from demo.catalogue.svg import Point

Vector = tuple[float, float, float]
"""Right, up, towards the viewer; in centimetres."""


@dataclass(frozen=True)
class Camera:
    """A camera that circles the origin.

    `yaw` and `pitch` are in degrees, `distance` in centimetres, `scale` in pixels per centimetre at the origin, and
    `centre` is the pixel of the origin.
    """

    yaw: float
    pitch: float
    distance: float
    scale: float
    centre: Point

    def project(self, point: Vector) -> Point:
        """Map a point in space to a pixel.

        Parameters
        ----------
        point : tuple of float
            The point.

        Returns
        -------
        tuple of float
            Its pixel.
        """
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        x = point[0] * math.cos(yaw) + point[2] * math.sin(yaw)
        depth = -point[0] * math.sin(yaw) + point[2] * math.cos(yaw)
        y = point[1] * math.cos(pitch) - depth * math.sin(pitch)
        near = point[1] * math.sin(pitch) + depth * math.cos(pitch)
        factor = self.scale * self.distance / (self.distance - near)
        return (self.centre[0] + x * factor, self.centre[1] - y * factor)


@dataclass(frozen=True)
class Plane:
    """A rectangle in space: its upper left corner, and the vectors along its upper and left edges."""

    camera: Camera
    origin: Vector
    across: Vector
    down: Vector

    def at(self, u: float, v: float) -> Point:
        """Map a place on the rectangle to a pixel.

        Parameters
        ----------
        u, v : float
            Place across and down, 0..1 inside the rectangle.

        Returns
        -------
        tuple of float
            Its pixel.
        """
        place = [o + a * u + d * v for o, a, d in zip(self.origin, self.across, self.down, strict=True)]
        return self.camera.project((place[0], place[1], place[2]))

    def path(self, points: Sequence[Point]) -> str:
        """Return path data of a polygon on the rectangle.

        Parameters
        ----------
        points : sequence of tuple
            Its corners, across and down.

        Returns
        -------
        str
            Path data in pixels.
        """
        return svg.polygon([self.at(u, v) for u, v in points])

    def box(self, left: float, top: float, right: float, bottom: float, radius: float = 0) -> str:
        """Return path data of a box with round corners on the rectangle.

        Parameters
        ----------
        left, top, right, bottom : float
            Its edges, 0..1.
        radius : float
            Radius of the corners in centimetres.

        Returns
        -------
        str
            Path data in pixels.
        """
        if radius <= 0:
            return self.path([(left, top), (right, top), (right, bottom), (left, bottom)])
        ru, rv = radius / math.hypot(*self.across), radius / math.hypot(*self.down)
        corners = ((right - ru, top + rv, -90), (right - ru, bottom - rv, 0), (left + ru, bottom - rv, 90))
        points = []
        for cu, cv, start in (*corners, (left + ru, top + rv, 180)):
            for step in range(4):
                angle = math.radians(start + step * 30)
                points.append((cu + ru * math.cos(angle), cv + rv * math.sin(angle)))
        return self.path(points)

    def inset(self, left: float, top: float, right: float, bottom: float) -> "Plane":
        """Return a smaller rectangle inside this one.

        Parameters
        ----------
        left, top, right, bottom : float
            Its edges, 0..1 on this rectangle.

        Returns
        -------
        Plane
            The smaller rectangle.
        """
        origin = tuple(o + a * left + d * top for o, a, d in zip(self.origin, self.across, self.down, strict=True))
        across = tuple(a * (right - left) for a in self.across)
        down = tuple(d * (bottom - top) for d in self.down)
        return Plane(self.camera, _vector(origin), _vector(across), _vector(down))


def _vector(values: tuple[float, ...]) -> Vector:
    return (values[0], values[1], values[2])
