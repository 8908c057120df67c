"""What lies in WORKDIR: results, a lock, and how much it all takes."""
