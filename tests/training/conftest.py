"""Shared by the tests of training: a synthetic store with a train and a val side."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.store import FILE_NAME, ClipStore
from tests.synthetic import make_store


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic store with a train and a val side."""
    sides = []
    for seed, split in enumerate(("train", "val")):
        store = make_store(seed)
        offset = len(sides[0].root) if sides else 0
        clips = tuple(
            replace(
                clip,
                split=split,
                start=clip.start + offset,
                name=f"{split}/{clip.name}",
                partner=clip.partner and f"{split}/{clip.partner}",
            )
            for clip in store.clips
        )
        sides.append(replace(store, clips=clips))
    joined = {name: torch.cat([getattr(s, name) for s in sides]) for name in ("rotations", "root", "contacts")}
    folder = tmp_path_factory.mktemp("data")
    ClipStore(**joined, clips=sides[0].clips + sides[1].clips).save(folder / FILE_NAME)
    return folder
