"""Make the default body anew: the asset that ships with the project, or another file.

    python -m training.make_body                                     # writes intersyn/body/mannequin.npz, prints facts
    python -m training.make_body --out body.npz --sheet body.png     # elsewhere, with a picture of it

The parameters are in `intersyn.body.make.config` and `intersyn.body.make.figure`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from intersyn.body.make.build import ASSET, MadeBody, make_body
from intersyn.body.make.directions import BETA_NAMES
from intersyn.body.make.measure import BENDS, crossings, fold_depth, mirror_error, surface_facts, volume_kept
from intersyn.skeleton import NUM_JOINTS, REST_JOINTS
from training.common import InputError, run_command
from training.make_body_sheet import write_sheet

ANGLES = (45.0, 90.0, 130.0)
FOLDS = {"left_knee": (90.0, 120.0, 140.0), "left_elbow": (120.0, 140.0)}
BETA = 2.5


@dataclass(frozen=True)
class Config:
    """Where to write the body and, if wanted, a picture of it."""

    out: Path = ASSET
    sheet: Path | None = None


def main(config: Config) -> None:
    """Make, write, print."""
    for path in (config.out, config.sheet):
        if path is not None and path.is_dir():
            raise InputError(f"{path} is a folder; name a file to write")
    start = time.process_time()
    body = make_body()
    seconds = time.process_time() - start
    body.save(config.out)
    print(f"{config.out}: {config.out.stat().st_size / 1e6:.2f} MB, made in {seconds:.0f} s of processor time")
    for line in facts(body):
        print(line)
    if config.sheet is not None:
        write_sheet(body, config.sheet)
        print(f"{config.sheet}: {config.sheet.stat().st_size / 1e3:.0f} kB")


def facts(body: MadeBody) -> Iterator[str]:
    """What there is to know about a body, a line each."""
    skin = surface_facts(body.v_template, body.f)
    low, high = body.v_template[:, 1].min(), body.v_template[:, 1].max()
    joints = (body.J_regressor @ body.v_template)[:NUM_JOINTS]
    off = np.abs(joints - REST_JOINTS.numpy()).max()
    yield f"{skin.vertices} vertices, {skin.faces} faces, {'closed' if skin.closed else 'NOT CLOSED'}"
    yield f"{skin.pieces} piece, genus {skin.genus}, mirror error {mirror_error(body) * 1000:.3f} mm"
    yield f"{high - low:.3f} m tall, {skin.volume * 1000:.1f} litres, lowest vertex at {low:.5f} m"
    yield f"joints off the common skeleton's by {off * 1000:.4f} mm at most"
    for joint in BENDS:
        kept = (volume_kept(body, joint, angle) for angle in ANGLES)
        plain = (volume_kept(body, joint, angle, correctives=False) for angle in ANGLES)
        at = "/".join(f"{angle:.0f}" for angle in ANGLES)
        yield f"{_plain(joint)}: volume kept at {at} degrees {_shares(kept)}, without correctives {_shares(plain)}"
    for joint, angles in FOLDS.items():
        for angle in angles:
            (deep, count), (plain_deep, _) = (fold_depth(body, joint, angle, use) for use in (True, False))
            inside = f"{deep * 1000:.1f} mm in itself ({count} vertices)"
            without = f"without correctives {plain_deep * 1000:.1f} mm"
            yield f"{_plain(joint)} at {angle:.0f} degrees: {inside}, {without}"
    crossed = [name for name, betas in _extremes() if crossings(body.shaped(betas), body.f)]
    yield f"crossings of the skin with itself at rest and with any beta at +-{BETA}: {', '.join(crossed) or 'none'}"


def _extremes() -> Iterator[tuple[str, np.ndarray]]:
    """Names and betas (10,) of the mean shape and of each beta's ends."""
    yield "rest", np.zeros(len(BETA_NAMES))
    for name, unit in zip(BETA_NAMES, np.eye(len(BETA_NAMES))):
        for beta in (-BETA, BETA):
            yield f"{name} {beta:+}", beta * unit


def _plain(joint: str) -> str:
    return joint.removeprefix("left_")


def _shares(values: Iterator[float]) -> str:
    return "/".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # the last figures take a while
    run_command(main, tyro.cli(Config, description=__doc__))
