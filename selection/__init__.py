"""Which images are worth a person's time. Arrays in, image ids and reasons out."""
