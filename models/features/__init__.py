"""What every network on frozen features shares: its recipe, views, pyramid, training, evidence and file."""
