"""Measurements: how quick a search is, and how much of the truth it finds."""
