"""The Image Vector Store: raw activations, and what each image address returned last."""
