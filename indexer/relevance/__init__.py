"""Relevance: golden sets, metrics, agreement, calibration and aspect weights."""
