"""A network that learns from the classes of patches: maps of them make masks, and these teach it (OEEM)."""
