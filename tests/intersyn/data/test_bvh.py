from __future__ import annotations

import math

import pytest
import torch

from intersyn.data.bvh import BvhError, read_bvh

TWO_JOINTS = """HIERARCHY
ROOT hip
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT knee
  {
    OFFSET 0 -4 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT ankle
    {
      OFFSET 0 -5 0
      CHANNELS 1 Xposition
      End Site
      {
        OFFSET 0 0 1
      }
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.05
10 0 0 0 0 0 0 0 0 0
0 1 0 90 0 0 0 0 90 2
"""


def _write(tmp_path, text):
    path = tmp_path / "clip.bvh"
    path.write_text(text)
    return path


def test_joints_are_where_a_hand_calculation_puts_them(tmp_path):
    bvh = read_bvh(_write(tmp_path, TWO_JOINTS))
    assert bvh.hierarchy.names == ("hip", "knee", "ankle") and bvh.frames == 2 and bvh.fps == pytest.approx(20)
    _, joints = bvh.world()
    # Frame 0: position channels replace the root's offset, and the ankle's x.
    torch.testing.assert_close(joints[0], torch.tensor([[10.0, 0, 0], [10, -4, 0], [10, -9, 0]]).double())
    # Frame 1: the hip turns 90 degrees about z, so the knee hangs towards +x; the knee turns about its own x (world y),
    # so the ankle's offset (2, -5, 0) becomes (2, 0, -5) in the hip's axes and (0, 2, -5) in the world.
    expected = torch.tensor([[0.0, 1, 0], [4, 1, 0], [4, 3, -5]]).double()
    torch.testing.assert_close(joints[1], expected, atol=1e-9, rtol=0)


def test_rotations_apply_in_the_order_of_the_channels(tmp_path):
    text = TWO_JOINTS.replace("0 1 0 90 0 0 0 0 90 2", "0 0 0 90 90 0 0 0 0 0")
    rotations, joints = read_bvh(_write(tmp_path, text)).world()
    # Z then X: the offset (0, -4, 0) is turned by X first (to -z), which Z leaves alone. X then Z would give +x.
    torch.testing.assert_close(joints[1, 1], torch.tensor([0.0, 0, -4]).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close(rotations[1, 0].norm(), torch.tensor(1.0).double())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0 1 0 90 0 0 0 0 90 2\n", "0 1 0 90 0\n", "20 numbers, and holds 15"),
        ("0 1 0 90", "0 1 0 nan", "not finite"),
        ("0 1 0 90", "0 1 0 ninety", "not a number|holds"),
        ("MOTION", "", "no MOTION"),
        ("Frames: 2", "Frames: many", "header cannot be read"),
        ("Frame Time: 0.05", "Frame Time: 0", "2 frames of 0"),
        ("OFFSET 0 -4 0", "OFFSET 0 -4", "line 8: OFFSET needs three numbers"),
        ("CHANNELS 3 Zrotation", "CHANNELS 4 Zrotation", "line 9: CHANNELS announces 4 and names 3"),
        ("CHANNELS 1 Xposition", "CHANNELS 1 Wposition", "'Wposition' is no channel"),
        ("HIERARCHY", "HELLO", "begins with HIERARCHY"),
        ("JOINT knee", "JOIN knee", "line 6: 'JOIN' is no BVH keyword"),
        ("  }\n}\nMOTION", "  }\nMOTION", "1 braces open"),
    ],
)
def test_a_damaged_file_is_named_and_explained(tmp_path, old, new, message):
    assert old in TWO_JOINTS
    with pytest.raises(BvhError, match=message) as error:
        read_bvh(_write(tmp_path, TWO_JOINTS.replace(old, new)))
    assert "clip.bvh" in str(error.value)


def test_a_binary_file_is_refused(tmp_path):
    path = tmp_path / "clip.bvh"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(BvhError, match="not a text file"):
        read_bvh(path)


def test_an_unknown_joint_is_named(tmp_path):
    hierarchy = read_bvh(_write(tmp_path, TWO_JOINTS)).hierarchy
    assert hierarchy.index("ankle") == 2
    with pytest.raises(BvhError, match="no joint 'toe'"):
        hierarchy.index("toe")


def test_fps_is_the_headers(tmp_path):
    bvh = read_bvh(_write(tmp_path, TWO_JOINTS.replace("0.05", "0.0333333")))
    assert math.isclose(bvh.fps, 30, rel_tol=1e-4)
