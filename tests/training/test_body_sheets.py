"""Poses are what they say, stand on the floor, and every row is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from intersyn.body.model import load_body_model
from intersyn.skeleton import JOINT
from training.body_sheets import ROWS, SEATED, Config, between, draw, grounded, main, posed


def test_seated_people_have_level_thighs_and_upright_shins():
    joints = posed(SEATED).joints()[0, 0]
    for side in ("left", "right"):
        hip, knee, ankle = (joints[JOINT[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        thigh, shin = (knee - hip) / (knee - hip).norm(), (ankle - knee) / (ankle - knee).norm()
        assert thigh[2] > 0.95 and shin[1] < -0.95


def test_between_starts_and_ends_with_the_poses():
    motion = between({}, SEATED, frames=5)
    torch.testing.assert_close(motion.poses[:, [0, -1]], posed({}, SEATED).poses)


def test_grounded_people_stand_on_the_floor():
    body = load_body_model()
    motion = grounded(posed({}, SEATED), body)
    np.testing.assert_allclose(body.vertices(motion, 0)[..., 1].min(1), 0, atol=2e-3)


def test_unknown_rows_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no row 'fly'; there are walk, wave"):
        draw(Config(tmp_path / "x.png", rows=("fly",)))


@pytest.mark.usefixtures("gl")
def test_every_row_is_drawn(tmp_path):
    main(Config(tmp_path / "x.png", cell=(40, 44)))
    sheet = np.asarray(Image.open(tmp_path / "x.png").convert("RGB")).astype(int)
    for strip in np.array_split(sheet, len(ROWS)):
        for moment in np.array_split(strip, 6, axis=1):
            assert (np.ptp(moment, axis=-1) > 60).sum() > 20
