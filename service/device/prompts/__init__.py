"""Masks for boxes and points, in a process of their own."""
