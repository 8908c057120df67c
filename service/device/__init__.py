"""The device process: one job at a time on a GPU or the CPU. It knows no database."""
