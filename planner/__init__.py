"""The whole: the data's path, its cache, its audit, its figures, its reasons."""
