"""Products, events and feeds of the catalogue, and the documents made from them."""
