"""NPZ: our own file of everyone, and one AMASS-style file per person."""

from __future__ import annotations

from pathlib import Path

from intersyn.export.options import ExportOptions, at_export_rate
from intersyn.motion import Motion


def write_npz(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write `Motion.save`'s file at the frame rate asked for. Raises `ExportError`, OSError."""
    return [at_export_rate(motion, options).save(path)]


def write_amass(motion: Motion, path: str | Path, options: ExportOptions) -> list[Path]:
    """Write one AMASS-style file per person at the frame rate asked for. Raises `ExportError`, OSError."""
    return at_export_rate(motion, options).save_amass(path)
