"""The program itself: the shape of its code, and what commands cost before they do anything."""
