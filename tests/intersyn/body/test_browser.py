import gzip
from dataclasses import replace

import numpy as np
import pytest
import torch

from intersyn.body.browser import (
    QUATERNION_SCALE,
    pack_arrays,
    pack_body,
    pack_motion,
    strongest,
    unpack_arrays,
    unpack_motion,
)
from intersyn.body.default import default_arrays
from intersyn.motion import Motion
from intersyn.rotations import normalize_quaternion, quaternion_to_axis_angle
from intersyn.timeline import Timeline
from tests.motions import smooth_motion


def test_container_round_trip_keeps_odd_sizes_aligned():
    arrays = {"a": np.arange(5, dtype=np.uint8), "b": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)}
    data = pack_arrays(arrays, {"fps": 20.0, "name": "é"})
    back, facts = unpack_arrays(data)
    assert facts == {"fps": 20.0, "name": "é"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert len(data) % 4 == 0


def test_container_refuses_what_the_viewer_cannot_read():
    with pytest.raises(ValueError, match="dtype float64"):
        pack_arrays({"a": np.zeros(1)})
    with pytest.raises(ValueError, match="not a viewer file"):
        unpack_arrays(b"PK\x03\x04nothing of ours")


def test_body_survives_quantisation_at_any_betas():
    body = default_arrays()
    data = pack_body(body)
    arrays, facts = unpack_arrays(gzip.decompress(data))
    betas = np.random.default_rng(0).uniform(-2.5, 2.5, 10)
    origin, step = (np.array(facts[key])[:, None] for key in ("origin", "step"))
    shown = origin + step * arrays["positions"] + facts["shape_step"] * np.tensordot(betas, arrays["shapes"], 1)
    asked = body.template + body.shape @ betas
    assert np.abs(shown.T - asked).max() < 2e-4
    joints = arrays["rest"] + np.tensordot(betas, arrays["joint_shapes"], 1)
    np.testing.assert_allclose(joints, body.regressor.astype(float) @ asked, atol=1e-6)
    np.testing.assert_array_equal(arrays["triangles"], body.faces)
    assert (arrays["weights"].astype(int).sum(1) == 255).all()
    assert arrays["joints"].max() < 22
    assert data == pack_body(body), "the address of the file is a hash of its content"
    assert len(data) < 200_000


def test_body_with_too_many_vertices_is_refused():
    body = replace(default_arrays(), template=np.zeros((65_537, 3), np.float32))
    with pytest.raises(ValueError, match="up to 65536 vertices, got 65537"):
        pack_body(body)


def test_strongest_gives_the_remainder_to_the_strongest():
    weights = np.zeros((1, 22), np.float32)
    weights[0, [3, 7, 9, 11, 20]] = [0.3, 0.25, 0.25, 0.15, 0.05]
    joints, shares = strongest(weights)
    assert joints[0].tolist() == [3, 7, 9, 11]
    assert shares[0].sum() == 255
    np.testing.assert_allclose(shares[0] / 255, np.array([0.3, 0.25, 0.25, 0.15]) / 0.95, atol=0.006)


def test_motion_arrives_frame_by_frame():
    torch.manual_seed(0)
    quaternions = normalize_quaternion(torch.randn(2, 5, 22, 4))
    trans = torch.randn(2, 5, 3)
    motion = Motion(quaternion_to_axis_angle(quaternions), trans, torch.randn(2, 10), 20.0)
    arrays, facts = unpack_arrays(pack_motion(motion))
    assert facts["fps"] == 20.0
    assert facts["stance"] == pytest.approx(0.965, abs=1e-3)
    assert arrays["rotations"].shape == (5, 2, 22, 4)
    np.testing.assert_array_equal(arrays["betas"], motion.betas.numpy())
    np.testing.assert_array_equal(arrays["root"][3, 1], trans[1, 3].numpy())
    sent = arrays["rotations"][3, 1] / QUATERNION_SCALE
    sent /= np.linalg.norm(sent, axis=-1, keepdims=True)
    asked = motion.quaternions()[1, 3].double().numpy()
    asked /= np.linalg.norm(asked, axis=-1, keepdims=True)
    cosine = np.abs((sent * asked).sum(-1)).clip(max=1.0)
    assert np.degrees(2 * np.arccos(cosine)).max() < 0.01


def test_unpacking_gives_the_motion_back():
    local, root, _ = smooth_motion(3, 2, frames=90)
    timeline = Timeline.solo_interact_solo("walk", "hug", "leave", 90, 30, 60)
    motion = replace(Motion.from_quaternions(local, root, 20.0), betas=torch.linspace(-1, 1, 20).reshape(2, 10))
    again = unpack_motion(pack_motion(motion), timeline)
    assert again.fps == 20.0 and again.timeline is timeline
    torch.testing.assert_close(again.trans, motion.trans)
    torch.testing.assert_close(again.betas, motion.betas)
    assert (again.joints() - motion.joints()).norm(dim=-1).max() < 5e-4


def test_only_packed_motions_are_unpacked():
    with pytest.raises(ValueError, match="not a packed motion: it has no betas"):
        unpack_motion(pack_arrays({"root": np.zeros(3, np.float32)}))
