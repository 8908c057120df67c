"""Dense conditional random fields: mean field on a lattice or over all pairs, and maps refined by it."""
