"""Plans, reports and diagnostics → text for people; whatever is shown is made harmless here."""
