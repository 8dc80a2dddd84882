"""What runs inside decoder processes: nothing but Pillow, NumPy, a resampler and this package.

`decoding` decodes an image, `preparations` make models' inputs of it, `program` answers `indexer.images.Decoder`.
"""
