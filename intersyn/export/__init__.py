"""Motions as files of other programs. `formats.export` picks the writer by the file's suffix."""
