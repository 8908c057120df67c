"""Several comparisons together: who wins where, and what could rank nothing."""
