"""What people hold: the run folder, route sheets, maps, tables, the report."""
