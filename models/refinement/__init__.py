"""Class maps made exact: seeds grown, walked and drawn to edges."""
