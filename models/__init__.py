"""Networks, training, scoring and metrics. Knows torch; no gRPC, no database."""
