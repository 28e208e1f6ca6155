"""Where tables come from: text files, workbooks, Parquet, Delta, databases, GeoJSON. Each gives the same raw frame."""
