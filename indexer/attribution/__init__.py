"""Attribution: predict products' attributes from image and text, and dispute the catalogue's values."""
