"""The catalogues of texts, and the command that brings them up to date."""
