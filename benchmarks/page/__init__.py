"""How fast the labeling page is, in a real Chromium and for many people at once."""
