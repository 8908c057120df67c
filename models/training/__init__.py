"""What every training needs: options, seeds, hold-outs, resuming, model files."""
