"""Untrusted images: fetching them and decoding them.

`ImageSource` fetches, from allowed folders and public addresses only. `Decoder` decodes in separate processes, where a
crash or a decompression bomb harms nothing else (`decoding` runs in them). Neither trusts a name, a length or a type
that the sender declares. Nothing is imported here, because a decoder process must load nothing but `decoding`.
"""
