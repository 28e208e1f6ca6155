"""Who owns whom."""
