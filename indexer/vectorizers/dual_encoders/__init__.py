"""Dual encoders, such as CLIP, SigLIP and MobileCLIP: two towers, of images and of texts, that share their vectors."""
