"""Vector spaces: fitting, storing and applying the reductions of all aspects."""
