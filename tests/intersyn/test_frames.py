"""First-person frames: by hand for two and three people, too near to have a direction, and over time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.frames import InteractionFrames, interaction_frames, person_frames, with_true_angles
from intersyn.rotations import wrap_angle
from tests.motions import table

HALF = torch.pi / 2


def standing(*places: tuple[float, float], frames: int = 40) -> torch.Tensor:
    """(1, P, frames, 2)"""
    return torch.tensor(places)[None, :, None].expand(1, len(places), frames, 2)


def looking(*yaws: float, frames: int = 40) -> torch.Tensor:
    return torch.tensor(yaws)[None, :, None].expand(1, len(yaws), frames)


def test_two_people_by_hand() -> None:
    """0 at (1, 2), 1 at (3, 2): the midpoint is (2, 2) and 0 looks along +x, wherever anybody faces."""
    frames = interaction_frames(standing((1.0, 2.0), (3.0, 2.0)), looking(0.3, -2.0), table("i"))
    torch.testing.assert_close(frames.origin[0, 0], torch.tensor((2.0, 2.0)))
    torch.testing.assert_close(frames.yaw[0, 0], torch.tensor(HALF))


def test_each_person_has_their_own_frame_and_solos_have_none() -> None:
    parts = table("sis")
    frames = interaction_frames(standing((1.0, 2.0), (3.0, 2.0), frames=120), looking(0, 0, frames=120), parts)
    origin, yaw = person_frames(frames, parts, 120)
    torch.testing.assert_close(origin[0, :, 40:80], torch.tensor((2.0, 2.0)).expand(2, 40, 2))
    torch.testing.assert_close(yaw[0, 0, 40:80], torch.full((40,), HALF))
    torch.testing.assert_close(wrap_angle(yaw[0, 1, 40:80]), torch.full((40,), -HALF))
    alone = torch.cat((torch.arange(40), torch.arange(80, 120)))
    assert not origin[0, :, alone].any()
    assert not yaw[0, :, alone].any()


def test_the_first_frame_decides() -> None:
    parts = table("si")
    place = standing((0.0, 0.0), (0.0, 2.0), frames=80).clone()
    place[0, 1, 40:] = torch.tensor((2.0, 0.0))
    place[0, 1, 41:] = torch.tensor((9.0, 9.0))
    frames = interaction_frames(place, looking(0, 0, frames=80), parts)
    torch.testing.assert_close(frames.origin[0, 0], torch.tensor((1.0, 0.0)))
    torch.testing.assert_close(frames.yaw[0, 0], torch.tensor(HALF))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0.4, 0.4 + torch.pi, 0.4),  # face to face
        (0.4, 0.4, 0.4),  # one behind the other: the first person's facing
        (0.4, 0.4 + torch.pi + 0.3, 0.5),  # nearly face to face: between, nearer to the first person's
    ],
)
def test_people_too_near_go_by_their_facing(first: float, second: float, expected: float) -> None:
    near = standing((0.0, 0.0), (0.1, 0.0))
    yaw = interaction_frames(near, looking(first, second), table("i")).yaw[0, 0]
    assert float(yaw) == pytest.approx(expected, abs=2e-3)
    far = standing((0.0, 0.0), (0.3, 0.0))
    assert float(interaction_frames(far, looking(first, second), table("i")).yaw[0, 0]) == pytest.approx(HALF)


def test_three_people_look_to_their_centroid() -> None:
    """0 to the west, 1 to the north-east, 2 to the south-east of the origin, none of them regular."""
    places = standing((-1.0, 0.0), (0.2, 0.9), (0.8, -0.9))
    parts = with_true_angles(places, table("i", people=3))
    frames = interaction_frames(places, looking(0, 0, 0), parts)
    torch.testing.assert_close(frames.origin[0, 0], torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(frames.yaw[0, 0], torch.tensor(HALF))
    _, yaw = person_frames(frames, parts, 1)
    ahead = torch.stack((torch.sin(yaw[0, :, 0]), torch.cos(yaw[0, :, 0])), dim=-1)
    expected = torch.nn.functional.normalize(-places[0, :, 0], dim=-1)
    torch.testing.assert_close(ahead, expected, atol=1e-5, rtol=0)


def test_true_angles_leave_pairs_alone() -> None:
    parts = table("isi")
    assert torch.equal(with_true_angles(torch.randn(1, 2, 120, 2), parts).angle, parts.angle)


def test_several_groups_in_a_batch() -> None:
    parts = table("isi", "sss")
    place = standing((0.0, 0.0), (0.0, 1.0), frames=120).repeat(2, 1, 1, 1)
    place[:, :, 80:] += 5.0
    frames = interaction_frames(place, torch.zeros(2, 2, 120), parts)
    torch.testing.assert_close(frames.origin[0, :2], torch.tensor(((0.0, 0.5), (5.0, 5.5))))
    assert not frames.origin[1].any()
    assert not frames.yaw[1].any()


def test_a_window_falls_back_to_its_first_visible_frame() -> None:
    parts = table("i")
    window = replace(parts, start=parts.start - 10)
    frames = interaction_frames(standing((0.0, 0.0), (2.0, 0.0)), looking(0, 0), window)
    torch.testing.assert_close(frames.origin[0, 0], torch.tensor((1.0, 0.0)))


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2, 40, 3\)"):
        interaction_frames(torch.zeros(1, 2, 40, 3), torch.zeros(1, 2, 40), table("i"))
    with pytest.raises(ValueError, match=r"origin must be \(B, G, 2\)"):
        InteractionFrames(torch.zeros(1, 2, 3), torch.zeros(1, 2))
