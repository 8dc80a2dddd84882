"""Where a dress stands in its picture."""

from dataclasses import dataclass

import numpy as np

from demo.catalogue.raster import FloatArray

WIDTH, HEIGHT = 480, 600
"""Size of a dress's picture in pixels."""


@dataclass(frozen=True)
class Frame:
    """From the dress form's coordinates to pixels: scale, place of its origin, and lean (sideways shift by height)."""

    scale: float
    x: float
    y: float
    lean: float

    def transform(self) -> str:
        """Write the mapping as an SVG transform.

        Returns
        -------
        str
            A ``matrix(...)``.
        """
        sheer = self.scale * self.lean
        values = (self.scale, 0, sheer, self.scale, self.x - sheer * 300, self.y)
        return f"matrix({' '.join(f'{v:.4f}' for v in values)})"

    def heights(self) -> FloatArray:
        """Say at which height of the form each row of pixels lies.

        Returns
        -------
        numpy.ndarray
            One value a row.
        """
        return ((np.arange(HEIGHT, dtype=np.float32) + 0.5 - self.y) / self.scale).astype(np.float32)

    def columns(self, edge: FloatArray) -> FloatArray:
        """Map an edge, given for every row of pixels, to columns.

        Parameters
        ----------
        edge : numpy.ndarray
            Distance from the form's centre line, one value a row.

        Returns
        -------
        numpy.ndarray
            Columns in pixels.
        """
        lean = self.lean * (self.heights() - 300)
        return np.asarray(self.x + self.scale * (edge + lean), dtype=np.float32)
