"""A small declaration for tests, written as YAML, with entries changed at will."""

from pathlib import Path
from typing import Any

import yaml

PHRASINGS = [
    f"two people {verb} {how}"
    for verb in ("shake hands", "clasp hands", "greet each other")
    for how in ("first", "gladly", "in passing", "at length")
]


def write_program(folder: Path, name: str = "greet", **changes: Any) -> Path:
    """A declaration in which two right palms meet; a change of None leaves an entry out."""
    entries: dict[str, Any] = {
        "name": name,
        "people": 2,
        "styles": ["normal", "feminine"],
        "formation": {"kind": "face", "apart": "0.9..1.0"},
        "moments": [{"reach": 0.2}, {"touch": "0.5..0.6"}, {"release": 0.5}, {"down": 0.5}, {"end": 0.2}],
        "let": {"height": "1.0..1.1"},
        "reach": [
            {"who": "both", "part": "right_palm", "at": [0, "height", 0], "meets": "right_palm", "palm": "left",
             "when": ["reach", "touch", "release", "down"]},
        ],
        "phrasings": PHRASINGS,
    } | changes  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in entries.items() if value is not None}))
    return path
