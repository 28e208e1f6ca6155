"""plan.xlsx: the plan to look at, to filter, to print, and to mark for the next run."""

from outputs.workbook.book import write_workbook

__all__ = ["write_workbook"]
