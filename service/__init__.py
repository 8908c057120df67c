"""The server: desks, store, operations, worker, and the gRPC edge."""
