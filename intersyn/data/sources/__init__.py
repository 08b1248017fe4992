"""Importers, one module per data set. Each offers `find(root) -> list[Task]` and `read(task) -> list[Track]`.

`find` raises where the folder is no such data set at all; a single malformed item is a task with a `problem`, which
`read` raises as `UnusableRecording`.
"""
