"""Who is visited on which day in which order."""
