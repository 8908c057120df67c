"""`pretrained`: objects outlined from the frozen taps of a pretrained encoder, region by region."""
