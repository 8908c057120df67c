"""Where a server and its page listen, and a client looks for them, when nobody says otherwise."""

DEFAULT_ADDRESS = "127.0.0.1:7443"
DEFAULT_PAGE_PORT = 8765
