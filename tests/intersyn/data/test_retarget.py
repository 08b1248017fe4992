from __future__ import annotations

import pytest
import torch

from intersyn.data.feet import anchor_feet
from intersyn.data.retarget import (
    LIMBS,
    calibrate,
    floor_height,
    joints_of,
    limb_errors,
    resample,
    retarget,
)
from intersyn.rotations import axis_angle_to_quaternion, quaternion_apply, quaternion_multiply, slerp
from intersyn.skeleton import (
    FOOT_REST_HEIGHT,
    JOINT,
    JOINT_NAMES,
    LEG_LENGTH,
    OFFSETS,
    PARENTS,
    REST_JOINTS,
    global_rotations,
    joints_from_global,
)
from tests.motions import smooth_motion


def _own_calibration(leg=LEG_LENGTH):
    """The calibration of a source that is our own skeleton."""
    identity = dict.fromkeys(JOINT_NAMES, torch.tensor([1.0, 0, 0, 0]))
    return calibrate(JOINT_NAMES, JOINT_NAMES, identity, {j: OFFSETS[child] for j, child in LIMBS.items()}, leg)


def _motion(seed=0, frames=30):
    local, root, _ = smooth_motion(seed, frames=frames)
    local, root = local.double(), root.double()
    return local, root, joints_of(local, root)


def test_our_own_motion_comes_back_unchanged():
    local, root, joints = _motion()
    ours, our_root = retarget(global_rotations(local), joints, _own_calibration())
    torch.testing.assert_close(joints_of(ours, our_root), joints, atol=1e-6, rtol=0)


def test_a_bigger_person_is_scaled_by_the_leg():
    local, root, joints = _motion()
    ours, our_root = retarget(global_rotations(local), joints * 1.25, _own_calibration(LEG_LENGTH * 1.25))
    torch.testing.assert_close(joints_of(ours, our_root), joints, atol=1e-6, rtol=0)


def test_a_source_with_other_rest_axes_gives_the_same_motion():
    """Each source joint carries an arbitrary rotation of its own, as BVH skeletons do; the T-pose takes it out."""
    local, root, joints = _motion()
    generator = torch.Generator().manual_seed(1)
    own = axis_angle_to_quaternion(torch.randn(22, 3, generator=generator, dtype=torch.float64))
    rotations = quaternion_multiply(global_rotations(local), own.expand(len(local), -1, -1))
    tpose = dict(zip(JOINT_NAMES, own, strict=True))
    calibration = calibrate(JOINT_NAMES, JOINT_NAMES, tpose, {j: OFFSETS[c] for j, c in LIMBS.items()}, LEG_LENGTH)
    ours, our_root = retarget(rotations, joints, calibration)
    torch.testing.assert_close(joints_of(ours, our_root), joints, atol=1e-6, rtol=0)


def test_limbs_follow_a_source_whose_bones_rest_elsewhere():
    """A source in A-pose, arms 30 degrees down at rest: our arms point where its arms point."""
    offsets = OFFSETS.double().clone()
    for side, sign in (("left", -1.0), ("right", 1.0)):
        down = axis_angle_to_quaternion(torch.tensor([0.0, 0.0, sign * 0.52]).double())
        for name in ("elbow", "wrist"):
            offsets[JOINT[f"{side}_{name}"]] = quaternion_apply(down, offsets[JOINT[f"{side}_{name}"]])
    local, root, _ = _motion()
    rotations = global_rotations(local)
    joints = [root]
    for joint in range(1, 22):
        parent = PARENTS[joint]
        joints.append(joints[parent] + quaternion_apply(rotations[:, parent], offsets[joint]))
    joints = torch.stack(joints, 1)
    identity = dict.fromkeys(JOINT_NAMES, torch.tensor([1.0, 0, 0, 0]))
    bones = {j: offsets[c] for j, c in LIMBS.items()}
    calibration = calibrate(JOINT_NAMES, JOINT_NAMES, identity, bones, LEG_LENGTH)
    ours, our_root = retarget(rotations, joints, calibration)
    assert float(limb_errors(joints_of(ours, our_root), joints, calibration).max()) < 1e-3


def test_limb_errors_measures_the_angle():
    joints = REST_JOINTS[None].double()
    turned = joints.clone()
    elbow, wrist = JOINT["left_elbow"], JOINT["left_wrist"]
    bone = joints[0, wrist] - joints[0, elbow]
    turn = axis_angle_to_quaternion(torch.tensor([0.0, torch.pi / 6, 0.0]).double())
    turned[0, wrist] = joints[0, elbow] + quaternion_apply(turn, bone)
    errors = limb_errors(turned, joints, _own_calibration())
    assert float(errors.max()) == pytest.approx(30.0, abs=0.1)
    assert int((errors > 1e-4).sum()) == 1


def test_a_planted_foot_stays_when_the_pelvis_turns_on_narrower_hips():
    """The source's feet stand still; copied joint by joint, ours would be dragged along by our wider hips."""
    frames = 40
    yaw = torch.linspace(-0.4, 0.4, frames).double()
    local = torch.zeros(frames, 22, 4).double()
    local[..., 0] = 1
    local[:, 0] = axis_angle_to_quaternion(torch.stack((yaw * 0, yaw, yaw * 0), -1))
    # legs a little bent, so that they can give; they turn back against the pelvis
    for side in ("left", "right"):
        for name, bend in (("hip", -0.3), ("knee", 0.6), ("ankle", -0.3)):
            turn = torch.tensor([bend, 0, 0]).double().expand(frames, 3)
            local[:, JOINT[f"{side}_{name}"]] = axis_angle_to_quaternion(turn)
        back = axis_angle_to_quaternion(torch.stack((yaw * 0, -yaw, yaw * 0), -1))
        hip = JOINT[f"{side}_hip"]
        local[:, hip] = quaternion_multiply(back, local[:, hip])
    root = torch.tensor([0.0, 0.93, 0.0]).double().expand(frames, 3)
    rotations, joints = global_rotations(local), joints_of(local, root)
    feet = {}
    for side in ("left", "right"):  # the source's feet do not move at all
        ankle, toe = joints[:1, JOINT[f"{side}_ankle"]], joints[:1, JOINT[f"{side}_foot"]]
        feet[side] = (ankle.expand(frames, 3), toe.expand(frames, 3))
    moved = joints_from_global(anchor_feet(rotations, root, feet), root)
    for name in ("left_ankle", "right_ankle", "left_foot", "right_foot"):
        floor = [0, 2]
        before = joints[:, JOINT[name]][:, floor].diff(dim=0).norm(dim=-1).sum()
        after = moved[:, JOINT[name]][:, floor].diff(dim=0).norm(dim=-1).sum()
        assert float(before) > 0.05
        assert float(after) < 0.002


def test_feet_that_are_right_are_not_touched():
    local, root, joints = _motion()
    rotations = global_rotations(local)
    feet = {s: (joints[:, JOINT[f"{s}_ankle"]], joints[:, JOINT[f"{s}_foot"]]) for s in ("left", "right")}
    torch.testing.assert_close(joints_from_global(anchor_feet(rotations, root, feet), root), joints, atol=1e-6, rtol=0)


def test_the_floor_is_where_the_sole_stands():
    joints = (REST_JOINTS[None] + torch.tensor([3.0, 5.0, -1.0])).repeat(20, 1, 1)
    expected = float(joints[0, JOINT["left_ankle"], 1] - FOOT_REST_HEIGHT[0])
    assert floor_height(joints) == pytest.approx(expected, abs=1e-5)


def test_resampling_keeps_shared_instants_and_slerps_between():
    local, root, _ = _motion(frames=31)
    rotations, positions = resample(local, root[:, None], 30.0, 20.0)
    assert len(rotations) == 21  # one second is 21 instants
    torch.testing.assert_close(rotations[::2], local[::3])
    torch.testing.assert_close(rotations[1], slerp(local[1], local[2], 0.5))
    torch.testing.assert_close(positions[1, 0], (root[1] + root[2]) / 2)
    # 120 fps is every sixth frame, whole
    every, _ = resample(local, root[:, None], 120.0, 20.0)
    torch.testing.assert_close(every, local[::6])


def test_calibration_says_what_is_wrong():
    identity = dict.fromkeys(JOINT_NAMES, torch.tensor([1.0, 0, 0, 0]))
    bones = {j: OFFSETS[c] for j, c in LIMBS.items()}
    with pytest.raises(ValueError, match="name 22 joints, got 3"):
        calibrate(JOINT_NAMES, JOINT_NAMES[:3], identity, bones, 0.8)
    with pytest.raises(ValueError, match="no joint 'tail'"):
        calibrate(JOINT_NAMES, (*JOINT_NAMES[:-1], "tail"), identity, bones, 0.8)
    with pytest.raises(ValueError, match="leg of 0.0000 m"):
        calibrate(JOINT_NAMES, JOINT_NAMES, identity, bones, 0.0)
