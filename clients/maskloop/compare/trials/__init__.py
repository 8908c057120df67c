"""Running the trials of a comparison, on real servers, and going on after a kill."""
