"""How many agents sit when, and who."""
