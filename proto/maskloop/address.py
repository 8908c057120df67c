"""Where a server listens, and a client looks for it, when nobody says otherwise."""

DEFAULT_ADDRESS = "127.0.0.1:7443"
