"""The position of a dress in its picture."""

from dataclasses import dataclass

import numpy as np

from demo.catalogue.raster import FloatArray, places

WIDTH, HEIGHT = 480, 600
"""Size of a dress's picture, in units."""


@dataclass(frozen=True)
class Frame:
    """Maps the dress form's coordinates to the picture's: scale, origin, and lean (sideways shift per height).

    The picture has `detail` pixels for each of its units, across and down.
    """

    scale: float
    x: float
    y: float
    lean: float
    detail: int = 1

    def transform(self) -> str:
        """Return the mapping as an SVG transform.

        Returns
        -------
        str
            A ``matrix(...)``.
        """
        sheer = self.scale * self.lean
        values = (self.scale, 0, sheer, self.scale, self.x - sheer * 300, self.y)
        return f"matrix({' '.join(f'{v:.4f}' for v in values)})"

    def heights(self) -> FloatArray:
        """Return the height on the form of each row of pixels.

        Returns
        -------
        numpy.ndarray
            One value per row.
        """
        return ((places(HEIGHT * self.detail, self.detail) + 0.5 - self.y) / self.scale).astype(np.float32)

    def columns(self, edge: FloatArray) -> FloatArray:
        """Map an edge, with a value for every row of pixels, to places across the picture.

        Parameters
        ----------
        edge : numpy.ndarray
            Distance from the form's centre line, one value per row.

        Returns
        -------
        numpy.ndarray
            Places in units.
        """
        lean = self.lean * (self.heights() - 300)
        return np.asarray(self.x + self.scale * (edge + lean), dtype=np.float32)
