"""The checks of `lookalike check`, a module for each subject."""
