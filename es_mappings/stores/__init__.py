"""Mappings of our own indices other than the product index; the search team needn't edit them."""
