"""The position of a dress in its picture."""

from dataclasses import dataclass

import numpy as np

from demo.catalogue.raster import FloatArray

WIDTH, HEIGHT = 480, 600
"""Size of a dress's picture in pixels."""


@dataclass(frozen=True)
class Frame:
    """Maps the dress form's coordinates to pixels: scale, origin, and lean (sideways shift per height)."""

    scale: float
    x: float
    y: float
    lean: float

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
        return ((np.arange(HEIGHT, dtype=np.float32) + 0.5 - self.y) / self.scale).astype(np.float32)

    def columns(self, edge: FloatArray) -> FloatArray:
        """Map an edge, with a value for every row of pixels, to columns.

        Parameters
        ----------
        edge : numpy.ndarray
            Distance from the form's centre line, one value per row.

        Returns
        -------
        numpy.ndarray
            Columns in pixels.
        """
        lean = self.lean * (self.heights() - 300)
        return np.asarray(self.x + self.scale * (edge + lean), dtype=np.float32)
