"""The gates between raw tables and silver: each check returns the bad rows; what stops the run is decided last."""
