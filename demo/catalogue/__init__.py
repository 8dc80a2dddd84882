"""The sandbox shop's catalogue: products invented from a seed, each with a picture drawn from its attributes."""

from demo.catalogue.render import DESIGN_VERSION, is_complete, render_catalogue

__all__ = ["DESIGN_VERSION", "is_complete", "render_catalogue"]
