"""Each person's frame of an interaction: two frames are one another's mirror, and features are places in them."""

from __future__ import annotations

import pytest
import torch

from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.first_person import first_person, floor_poses, seen_from
from intersyn.motion import Motion
from intersyn.rotations import rotate_xz, wrap_angle
from tests.motions import smooth_motion, timeline


def walk(pattern: str, people: int = 2) -> Motion:
    plan = timeline(pattern, people)
    local, root, _ = smooth_motion(3, people, frames=plan.frames)
    return Motion.from_quaternions(local, root, 20.0, plan)


def test_my_features_are_my_place_in_my_frame() -> None:
    motion = walk("sis")
    seen = first_person(motion)
    assert (seen.start, seen.end) == (40, 80)
    for me in (0, 1):
        mine = seen_from(motion, seen.origin[me], seen.yaw[me])
        place, heading = (values[me, 40:80] for values in floor_poses(mine))
        torch.testing.assert_close(place, seen.place[me], atol=1e-5, rtol=0)
        expected = torch.stack((torch.cos(heading), torch.sin(heading)), -1)
        torch.testing.assert_close(expected, seen.heading[me], atol=1e-4, rtol=0)


def test_the_two_frames_are_each_others_turned_by_half_a_circle() -> None:
    seen = first_person(walk("sis"))
    torch.testing.assert_close(seen.origin[0], seen.origin[1])
    assert float(wrap_angle(seen.yaw[1] - seen.yaw[0]).abs()) == pytest.approx(torch.pi, abs=1e-5)
    torch.testing.assert_close(seen.place[0, 0], seen.place[1, 0], atol=1e-5, rtol=0)  # both stand at the same -z
    assert float(seen.place[0, 0, 1]) < 0 and float(seen.place[0, 0, 0]) == pytest.approx(0, abs=1e-5)


def test_from_my_frame_to_the_others_is_the_same_way_back() -> None:
    """x' = R(pi) x in both directions: twice it is the motion that one began with."""
    motion = walk("sis")
    seen = first_person(motion)
    mine, others = (seen_from(motion, seen.origin[me], seen.yaw[me]) for me in (0, 1))
    across = torch.zeros(2), torch.tensor(torch.pi)
    for start, end in ((mine, others), (others, mine)):
        there = seen_from(start, *across)
        torch.testing.assert_close(there.joints(), end.joints(), atol=1e-4, rtol=0)


def test_a_frame_and_back_is_the_world() -> None:
    motion = walk("sis")
    origin, yaw = torch.tensor((1.5, -2.0)), torch.tensor(0.8)
    inside = seen_from(motion, origin, yaw)
    assert inside.timeline == motion.timeline
    world = seen_from(inside, rotate_xz(-origin, -yaw), -yaw)  # where the world lies in the frame
    torch.testing.assert_close(world.joints(), motion.joints(), atol=1e-5, rtol=0)


def test_features_do_not_depend_on_where_the_world_is() -> None:
    example = next(e for e in list_examples(load_sample()) if e.name == "Handshake")
    motion = to_motion(load_sample(), example)
    moved = seen_from(motion, torch.tensor((3.0, 1.0)), torch.tensor(2.0))
    a, b = first_person(motion), first_person(moved)
    torch.testing.assert_close(a.place, b.place, atol=1e-4, rtol=0)
    torch.testing.assert_close(a.heading, b.heading, atol=1e-3, rtol=0)


@pytest.mark.parametrize("pattern", ["s", "ss"])
def test_without_an_interaction_there_is_no_frame(pattern: str) -> None:
    with pytest.raises(ValueError, match="no interaction"):
        first_person(walk(pattern))


def test_without_a_timeline_there_is_no_frame() -> None:
    with pytest.raises(ValueError, match="no timeline"):
        first_person(walk("sis").slice(0, 30))


def test_a_frame_is_a_point_and_an_angle() -> None:
    with pytest.raises(ValueError, match=r"origin must be \(2,\)"):
        seen_from(walk("s"), torch.zeros(3), torch.tensor(0.0))
