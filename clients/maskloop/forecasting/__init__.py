"""What more annotator time would buy."""
