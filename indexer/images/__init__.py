"""Images from outside, none of them trusted: `fetching` is the only way in.

`ImageSource` fetches, from allowed folders and public addresses alone. `Decoder` opens what was fetched, in processes
where a crash or a bomb harms nothing else (`decoding` is what runs in them). Neither trusts a name, a length or a type
that the sender gives. Nothing is imported here: a decoder process must load nothing but `decoding`.
"""
