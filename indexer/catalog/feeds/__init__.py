"""Catalogue files: one module a format."""
