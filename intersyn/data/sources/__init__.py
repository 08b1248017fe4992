"""Importers, one module per data set. Each offers `find(root) -> list[Task]` and `read(task) -> list[Track]`."""
