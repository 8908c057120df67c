"""Every kind of network by its recipe: named, trained, read."""
