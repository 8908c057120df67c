"""The page where people label: a client of the server, or of one run, that browsers talk to."""
