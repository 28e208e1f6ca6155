"""The synthetic company, with planted truth."""
