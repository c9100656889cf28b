"""What real servers do otherwise than the API says: one row for each behaviour, and bundles of rows."""
