"""What comes before and after the device's work, one file a kind."""
