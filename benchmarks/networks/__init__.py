"""Networks: what they learn, and what they cost."""
