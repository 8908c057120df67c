"""Methods in pictures, step by step."""
