"""The week as a star schema for BI tools: facts and dimensions, each as CSV and Parquet, with a data dictionary."""

from outputs.bi.star import Star, make_star
from outputs.bi.write import write_star

__all__ = ["Star", "make_star", "write_star"]
