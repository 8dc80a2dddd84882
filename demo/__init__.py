"""The sandbox shop: a rendered catalogue, and servers that need no installation."""
