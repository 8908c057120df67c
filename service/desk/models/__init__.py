"""Models, and the long work that makes them."""
