"""Labels: taken, listed, exported, and the proposals that they come from."""
