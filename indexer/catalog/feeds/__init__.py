"""Catalogue files, a module for each format."""
