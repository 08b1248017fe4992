"""Depth of skins: by hand where people stand in T-pose, and against the measure that asks every vertex."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from intersyn.body.capsules import RADII, capsule_ends
from intersyn.body.contact import skin_contacts
from intersyn.body.default import default_body
from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.metrics.interpenetration import NEAR, mesh_depth
from intersyn.motion import Motion
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS


def standing(*places: tuple[float, float, float]) -> Motion:
    """Two or more people in T-pose, one frame for each place (x, z, yaw) of the last one; the others stand at 0."""
    poses, trans = torch.zeros(2, len(places), 22, 3), torch.zeros(2, len(places), 3)
    trans[..., 1] = float(REST_JOINTS[0, 1]) - REST_FLOOR
    for frame, (x, z, yaw) in enumerate(places):
        poses[1, frame, JOINT["pelvis"], 1] = yaw
        trans[1, frame] += torch.tensor((x, 0.0, z))
    return Motion(poses, trans, torch.zeros(2, 10), 20.0)


def test_fingertips_that_reach_into_fingertips() -> None:
    """Side by side, arms stretched out: the longest fingers overlap by what the people are too near by."""
    skin = default_body().vertices
    tip = float(skin[:, 0].max() - skin[:, 0].min())  # from the left hand's fingertips to the right hand's
    depth = mesh_depth(standing((5.0, 0.0, 0.0), (tip + 0.01, 0.0, 0.0), (tip - 0.004, 0.0, 0.0)))
    assert depth.shape == (3,) and depth[:2].tolist() == [0, 0]
    # mirror images meet at the middle: the tip of either is 4 mm inside, less where the skin beside it is nearer
    assert 0 < depth[2] <= 4.01


def test_an_arm_pushed_into_a_chest() -> None:
    """Turned aside, the left hand ahead: each centimetre nearer is deeper, by less as far as the chest is inclined."""
    reach = float(default_body().vertices[:, 0].max())
    motion = standing(*((0.07, reach + ahead, torch.pi / 2) for ahead in (0.13, 0.06, 0.05, 0.04)))
    depth = mesh_depth(motion)
    assert depth[0] == 0 < depth[1]
    deeper = np.diff(depth[1:])
    assert (deeper > 5).all() and (deeper <= 10).all()


@pytest.mark.parametrize("name", ["Hug", "Salsa 2", "Low five"])
def test_screening_changes_nothing(name: str) -> None:
    store = load_sample()
    motion = to_motion(store, next(example for example in list_examples(store) if example.name == name))
    frames = slice(2, None, 9)
    [pair] = skin_contacts(motion, frames=frames)
    assert mesh_depth(motion, frames=frames) == pytest.approx(pair.contact.depth_mm, abs=1e-6)
    assert mesh_depth(motion, (1, 0), frames) == pytest.approx(pair.contact.depth_mm, abs=1e-6)


def test_no_skin_is_farther_outside_its_capsules_than_screening_assumes() -> None:
    body = default_body()
    start, end = capsule_ends(torch.from_numpy(body.joints))
    to, axis = torch.from_numpy(body.vertices)[:, None] - start, end - start
    along = ((to * axis).sum(-1) / axis.square().sum(-1)).clamp(0, 1)
    beyond = (to - along[..., None] * axis).norm(dim=-1) - RADII.amax(-1)
    assert 0.03 < float(beyond.amin(-1).max()) < NEAR


def test_everybody_wears_the_default_shape() -> None:
    motion = standing((0.0, 0.2, 0.0))
    heavy = replace(motion, betas=torch.full((2, 10), 2.0))
    assert mesh_depth(heavy).tolist() == mesh_depth(motion).tolist()


def test_people_must_be_there() -> None:
    with pytest.raises(ValueError, match="2 people, got person 2"):
        mesh_depth(standing((0.0, 1.0, 0.0)), (0, 2))
