"""A comparison as a page, tables and figures."""
