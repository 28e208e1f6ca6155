"""Bronze, silver and gold: Delta tables, and the SQL that makes silver."""
