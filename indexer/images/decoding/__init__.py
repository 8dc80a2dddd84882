"""What runs inside decoder processes: Pillow and NumPy, and of ours nothing else.

`decoding` opens an image, `preparations` say what models want of it, `program` answers `indexer.images.Decoder`.
"""
