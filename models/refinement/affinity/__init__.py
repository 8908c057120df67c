"""PSA and IRN: affinities of pixels learnt from seeds, and maps that walk along them."""
