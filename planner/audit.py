"""Re-checks a plan from raw tables, with no line of the code that made it."""
