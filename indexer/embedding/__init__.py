"""The pipeline: products in, vectors out."""
