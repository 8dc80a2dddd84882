"""Vectors for a product index that is not ours: fields added under one object, partial updates only, detachable."""
