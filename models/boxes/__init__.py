"""Masks from boxes: a detector, what it needs to see of each object, masks of that, and a network that learns them."""
