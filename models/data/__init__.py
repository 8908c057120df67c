"""From pictures and labels to tensors."""
