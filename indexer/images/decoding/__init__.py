"""What runs inside decoder processes: nothing but Pillow, NumPy and this package.

`decoding` decodes an image, `preparations` make models' inputs of it, `program` answers `indexer.images.Decoder`.
"""
