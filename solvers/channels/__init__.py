"""Who is contacted by which channel on which day."""
