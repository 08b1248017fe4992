"""What two people do to each other, on bodies placed by hand."""

from __future__ import annotations

import math

import pytest
import torch

from intersyn.metrics import encounters as E
from intersyn.rotations import yaw_matrix
from intersyn.skeleton import JOINT, REST_FLOOR, REST_JOINTS


def face_to_face(frames: int = 12, apart: float = 1.0) -> torch.Tensor:
    """Person 0 at the origin facing +z, person 1 `apart` metres ahead and facing them: (2, T, 22, 3)."""
    body = REST_JOINTS - torch.tensor((0.0, REST_FLOOR, float(REST_JOINTS[0, 2])))
    other = body @ yaw_matrix(torch.tensor(math.pi)).T + torch.tensor((0.0, 0.0, apart))
    return torch.stack((body, other))[:, None].repeat(1, frames, 1, 1)


def test_distance_and_facing() -> None:
    joints = face_to_face()
    torch.testing.assert_close(E.apart(joints), torch.ones(12))
    for person in (0, 1):
        torch.testing.assert_close(E.facing(joints, person), torch.zeros(12), atol=1e-3, rtol=0)
    joints[0] = joints[0] @ yaw_matrix(torch.tensor(math.radians(70.0))).T
    torch.testing.assert_close(E.facing(joints, 0), torch.full((12,), 70.0), atol=1e-3, rtol=0)


def test_who_reaches_for_whom() -> None:
    joints = face_to_face()
    joints[1, 4:10, JOINT["right_wrist"], 2] -= 0.4  # towards person 0, who is behind them along z
    assert float(E.reach(joints, 0)) == pytest.approx(0, abs=1e-5)
    assert float(E.reach(joints, 1)) == pytest.approx(0.4, abs=1e-5)
    joints = face_to_face()
    joints[0, :, :, 2] += 0.05 * torch.arange(12)[:, None]  # walking up is no reaching
    assert float(E.reach(joints, 0)) == pytest.approx(0, abs=1e-5)


def test_who_gives_way_is_pushed_back() -> None:
    joints = face_to_face(apart=0.6)
    joints[1, 6:, :, 2] += 0.3
    assert float(E.retreat(joints, 1)) == pytest.approx(0.3, abs=1e-5)
    assert float(E.retreat(joints, 0)) == pytest.approx(0, abs=1e-5)
    joints[1, 6:, :, 2] -= 0.6  # coming closer is no retreat
    assert float(E.retreat(joints, 1)) == pytest.approx(0, abs=1e-5)


def test_circling_counts_whole_turns() -> None:
    angle = torch.linspace(0, 3 * math.pi, 40)
    joints = face_to_face(40)
    joints[1, :, JOINT["pelvis"], 0] = torch.sin(angle)
    joints[1, :, JOINT["pelvis"], 2] = torch.cos(angle)
    assert float(E.circling(joints)) == pytest.approx(540, abs=0.1)


def test_who_leads_is_ahead_on_the_common_way() -> None:
    joints = face_to_face(apart=0.8)
    assert float(E.ahead(joints)) == 0  # nobody goes anywhere
    joints[..., 2] -= 0.05 * torch.arange(12)[:, None]  # both backwards along z: person 0 is in front
    assert float(E.ahead(joints)) == pytest.approx(0.8, abs=1e-4)
    assert float(E.ahead(joints.flip(0))) == pytest.approx(-0.8, abs=1e-4)


def test_mirroring_pairs_left_with_right() -> None:
    wave = torch.sin(torch.linspace(0, 6, 40))
    joints = face_to_face(40)
    joints[0, :, JOINT["left_wrist"], 1] += wave
    joints[1, :, JOINT["right_wrist"], 1] += 0.5 * wave
    assert E.mirroring(joints) == pytest.approx(0.5, abs=1e-4)  # one pair of wrists does, the other keeps still
    joints[0, :, JOINT["right_wrist"], 1] += wave
    joints[1, :, JOINT["left_wrist"], 1] -= wave
    assert E.mirroring(joints) == pytest.approx(0, abs=1e-4)


def test_one_person_is_no_encounter() -> None:
    with pytest.raises(ValueError, match="2, T, 22, 3"):
        E.apart(face_to_face()[:1])
    with pytest.raises(ValueError, match="0 or 1"):
        E.reach(face_to_face(), 2)
