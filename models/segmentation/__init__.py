"""A network that learns every pixel's class from masks that may be wrong: OEEM."""
