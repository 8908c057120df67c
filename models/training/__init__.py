"""What every training needs: loop, hold-out, resuming, network cache, fingerprints, recipe options, model files."""
