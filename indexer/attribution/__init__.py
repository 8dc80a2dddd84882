"""Attribution: what a product's picture and text say of its attributes, beside what the catalogue says."""
