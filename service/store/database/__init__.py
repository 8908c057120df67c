"""One database and its transactions, whatever the rows in it."""
