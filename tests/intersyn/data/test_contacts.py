from __future__ import annotations

import pytest
import torch

from intersyn.data.contacts import foot_contacts, skating
from intersyn.skeleton import FOOT_JOINTS, REST_FLOOR, REST_JOINTS


def _standing(frames=20):
    return (REST_JOINTS - torch.tensor([0.0, REST_FLOOR, 0.0])).repeat(frames, 1, 1)


def test_standing_still_is_contact_of_all_four():
    assert bool((foot_contacts(_standing(), 20.0) == 1).all())


def test_a_lifted_foot_and_a_fast_foot_are_none():
    joints = _standing()
    joints[5:10, FOOT_JOINTS[0], 1] += 0.2  # left ankle up
    joints[:, FOOT_JOINTS[3], 0] += 0.03 * torch.arange(20)  # right toe slides at 0.6 m/s
    contacts = foot_contacts(joints, 20.0)
    assert contacts[:, 0].tolist() == [1] * 4 + [0] * 6 + [1] * 10  # the frame before the lift moves already
    assert contacts[:, 3].sum() == 0 and contacts[:, [1, 2]].min() == 1


def test_speed_is_per_second():
    joints = _standing()
    joints[:, :, 0] += 0.01 * torch.arange(20)[:, None]
    assert bool((foot_contacts(joints, 20.0) == 1).all())
    assert bool((foot_contacts(joints, 60.0) == 0).all())


def test_batches_and_shapes():
    assert foot_contacts(_standing().expand(2, 3, 20, 22, 3), 20.0).shape == (2, 3, 20, 4)
    with pytest.raises(ValueError, match="got \\(20, 21, 3\\)"):
        foot_contacts(torch.zeros(20, 21, 3), 20.0)


def test_skating_counts_floor_steps_held_at_both_ends():
    feet = torch.zeros(4, 1, 3)
    feet[:, 0, 0] = torch.tensor([0.0, 0.1, 0.4, 1.0])
    feet[:, 0, 1] = torch.tensor([0.0, 5.0, 0.0, 0.0])  # height does not count
    contacts = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    assert float(skating(feet, contacts)) == pytest.approx(0.2)
    assert bool(torch.isnan(skating(feet, torch.zeros(4, 1))))
