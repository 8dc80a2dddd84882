"""Experiments: which visit gets which side, what came of it, and when that is beyond doubt."""
