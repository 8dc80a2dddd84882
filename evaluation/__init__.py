"""Measurements of quality and speed: golden sets, model comparisons, benchmarks, and their reports."""
