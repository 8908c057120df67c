"""What a client may ask of the server at once."""
