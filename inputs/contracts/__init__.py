"""The contracts of the tables, as data: `tables.csv`, `columns.csv`, `synonyms.csv`."""
