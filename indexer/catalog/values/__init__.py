"""Values as people write them, read into the values of a product. A module for each kind of value, pure."""
