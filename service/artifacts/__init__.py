"""What lies beside the database: pictures, score tables, rankings and columns of the pool, through fsspec."""
