"""Deviations of real servers from the API: one row for each behaviour, and bundles of rows."""
