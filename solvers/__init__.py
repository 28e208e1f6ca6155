"""What to do: travel, territories, channels, routes, staffing; an engine per file behind one function."""
