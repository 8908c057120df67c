"""Deep seeded region growing: how seeds grow, what is lost, and a network that learns by both."""
