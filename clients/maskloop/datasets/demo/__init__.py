"""Procedural images of concrete with defects, for trying everything out."""
