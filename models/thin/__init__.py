"""Thin structures: one dense map at full resolution on frozen features, whose connected parts are the objects."""
