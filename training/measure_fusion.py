"""Measure fusion on real material: how much rougher are seams than the raw clips?

    python -m training.measure_fusion --data data/prepared --sequences 512

The seam statistic is the maximum over joints, and over frames within 5 of the seam, of the third difference of the
joint positions (mm per frame^3). It is compared with the same maximum over random 11-frame windows of the raw clips.
How far feet slide while labelled as in contact is printed too, and the time a batch takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from torch import Tensor

from intersyn.conditions import INTERACTION, PADDING
from intersyn.data.dataset import InterleavedDataset, Sequences, standard_sources
from intersyn.data.material import Material
from intersyn.data.store import ClipStore
from intersyn.skeleton import FOOT_JOINTS, global_rotations, joints_from_global
from training.common import load_clips, run_command

REACH = 5  # frames to either side of a seam
_MM = 1000.0


@dataclass(frozen=True)
class Config:
    """What to measure, and how much of it."""

    data: tuple[Path, ...]  # one folder or several, as in training.train_ins
    sequences: int = 512
    batch: int = 32
    seed: int = 0


def window_jerk(joints: Tensor) -> Tensor:
    """Maximum over joints and frames of the third difference, mm per frame^3: joints (..., 11, 22, 3) m -> (...)."""
    return joints.diff(n=3, dim=-3).norm(dim=-1).amax((-1, -2)) * _MM


def raw_windows(store: ClipStore, count: int, rng: np.random.Generator) -> Tensor:
    """The statistic of `count` random windows of the raw clips, each clip as likely as it is long."""
    size = 2 * REACH + 1
    clips = [clip for clip in store.clips if clip.frames >= size]
    share = np.array([clip.frames for clip in clips], float)
    pick = rng.choice(len(clips), size=count, p=share / share.sum())
    first = np.array([clips[k].start + rng.integers(clips[k].frames - size + 1) for k in pick])
    rows = torch.from_numpy(first)[:, None] + torch.arange(size)
    return window_jerk(joints_from_global(global_rotations(store.rotations[rows]), store.root[rows]))


def seam_windows(batch: Sequences) -> dict[str, list[float]]:
    """The statistic at every seam that has 5 frames on both sides, by what meets there ("s-i", "i-s", ...)."""
    joints = joints_from_global(global_rotations(batch.rotations), batch.root)
    found: dict[str, list[float]] = {}
    for b in range(len(joints)):
        for s in range(1, batch.table.kind.shape[2]):
            kind, at = int(batch.table.kind[b, 0, s]), int(batch.table.start[b, 0, s])
            if kind == PADDING or at < REACH or at + REACH >= int(batch.table.length[b]):
                continue
            earlier = int(batch.table.kind[b, 0, s - 1])
            name = "-".join("i" if k == INTERACTION else "s" for k in (earlier, kind))
            values = window_jerk(joints[b, :, at - REACH : at + REACH + 1])
            found.setdefault(name, []).extend(values.tolist())
    return found


def sliding(batch: Sequences) -> tuple[list[float], list[float]]:
    """Horizontal slide in mm per frame of feet labelled as in contact: within 10 frames of a seam, and elsewhere."""
    feet = joints_from_global(global_rotations(batch.rotations), batch.root)[..., list(FOOT_JOINTS), :]
    step = feet[..., (0, 2)].diff(dim=2).norm(dim=-1) * _MM
    held = (batch.contacts[:, :, 1:] > 0.5) & (batch.contacts[:, :, :-1] > 0.5)
    frames = step.shape[2]
    at = torch.arange(frames)
    valid = at[None] < (batch.table.length - 1)[:, None]
    near = ((at - batch.seams[..., None]).abs() <= 10) & (batch.seams[..., None] > 0)
    near = near.any(1)[:, None, :, None]
    held = held & valid[:, None, :, None]
    return step[held & near].tolist(), step[held & ~near].tolist()


def main(config: Config) -> None:
    store = load_clips(config.data, ("train",))
    material = Material.from_store(store)
    sources = standard_sources(store, material, seed=config.seed)
    dataset = InterleavedDataset(store, sources, config.seed, material=material)
    raw = raw_windows(store, 20_000, np.random.default_rng(config.seed)).numpy()
    print(f"raw clips, 20000 windows: median {np.median(raw):.1f}, mean {raw.mean():.1f} mm/frame^3")

    seams: dict[str, list[float]] = {}
    near: list[float] = []
    far: list[float] = []
    elapsed = 0.0
    for step in range(max(1, config.sequences // config.batch)):
        began = time.process_time()
        batch = dataset.batch(step, "interleaved", config.batch)
        elapsed += time.process_time() - began
        for name, values in seam_windows(batch).items():
            seams.setdefault(name, []).extend(values)
        slide = sliding(batch)
        near.extend(slide[0])
        far.extend(slide[1])
    for name, values in [*sorted(seams.items()), ("all", [v for group in seams.values() for v in group])]:
        got = np.array(values)
        middle, mean = np.median(got), got.mean()
        print(
            f"seams {name:>4}: {len(got):5d}  median {middle:6.1f} ({middle / np.median(raw):.2f} x raw)"
            f"  mean {mean:6.1f} ({mean / raw.mean():.2f} x raw)"
        )
    print(f"slide in contact, mm/frame: near seams {np.mean(near):.2f}, elsewhere {np.mean(far):.2f}")
    count = max(1, config.sequences // config.batch)
    print(f"{elapsed / count * 1000:.0f} ms of CPU time for a batch of {config.batch} two-person sequences")


if __name__ == "__main__":
    run_command(main, tyro.cli(Config, description=__doc__))
