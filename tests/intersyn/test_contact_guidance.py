"""Contact guidance on people who stand in each other: out they go, smoothly, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from intersyn.body.capsules import penetration_depth
from intersyn.conditions import PartTable
from intersyn.contact_guidance import GUIDED_BELOW, ContactGuide, check_contacts
from intersyn.features import SLICES, Normalizer, encode, mask
from intersyn.metrics.contact import point_distance
from intersyn.motion import Motion
from intersyn.root_solver import decode
from intersyn.rotations import matrix_from_6d, rotate_xz
from intersyn.timeline import Part, Segment, Timeline
from intersyn.touches import Contact, Wish
from tests.motions import table as table_of
from tests.motions import timeline as timeline_of
from tests.plans import standing_plan

STD = torch.full((273,), 0.25)


def standing(apart: float, pattern: str = "sis") -> tuple[Tensor, PartTable, Tensor, Normalizer]:
    """Normalised features of two who face each other with hanging arms, their table, what exists, the normaliser."""
    table = table_of(pattern)
    frames = int(table.length)
    plan = standing_plan(frames, apart)
    normalizer, exists = Normalizer(torch.zeros(273), STD), mask(table, frames)
    features = encode(plan.rotations, plan.root, torch.ones(1, 2, frames, 4), table)
    return normalizer(features, exists), table, exists, normalizer


def guided(apart: float, times: int = 8, pattern: str = "sis", contacts: tuple[Contact, ...] = ()) -> tuple:
    """Normalised features before and after, and both decoded."""
    x0, table, exists, normalizer = standing(apart, pattern)
    guide, after = ContactGuide(table, exists, normalizer, 1.0, contacts), x0
    for _ in range(times):
        after = guide(after, 0)
    motions = [decode(normalizer.inverse(x, exists), table, 20.0)[0][0] for x in (x0, after)]
    return x0, after, *motions


def depth(motion: Motion) -> Tensor:
    joints = motion.joints()
    return penetration_depth(joints[0], joints[1]).amax((-1, -2))


def test_people_leave_each_other() -> None:
    _, _, before, after = guided(0.14)
    assert depth(before)[45:75].min() > 0.03
    assert depth(after)[45:75].max() < 0.4 * depth(before)[45:75].min()


def test_places_and_steps_agree_and_solos_keep_theirs() -> None:
    x0, after, *_ = guided(0.14)
    change = (after - x0) * STD
    assert not change[:, :, :40, SLICES["root_velocity"]].any()
    assert not change[:, :, 80:, SLICES["root_velocity"]].any()
    shift, step = change[:, :, 40:80, SLICES["root_xz"]], change[:, :, 40:79, SLICES["root_velocity"]]
    cos, sin = (x0 * STD)[:, :, 40:79, SLICES["heading"]].unbind(-1)
    torch.testing.assert_close(rotate_xz(step, torch.atan2(sin, cos)), shift.diff(dim=2), atol=1e-5, rtol=0)
    assert shift.norm(dim=-1).min() > 0.01


def test_nothing_jumps() -> None:
    *_, before, after = guided(0.14)
    change = after.joints() - before.joints()
    assert change.norm(dim=-1).max() > 0.02
    assert change.diff(n=2, dim=1).norm(dim=-1).max() < 0.003


def test_bones_keep_their_lengths_and_legs_their_pose() -> None:
    x0, after, *_ = guided(0.14)
    six = (after * STD)[..., SLICES["rotations"]].unflatten(-1, (22, 6))
    torch.testing.assert_close(torch.cat(matrix_from_6d(six)[..., :2].unbind(-1), dim=-1), six, atol=1e-4, rtol=0)
    still = [*range(16)]  # all but shoulders, elbows and wrists
    assert torch.equal(six[..., still, :], (x0 * STD)[..., SLICES["rotations"]].unflatten(-1, (22, 6))[..., still, :])


def test_people_who_are_apart_are_left_alone() -> None:
    x0, table, exists, normalizer = standing(0.9)
    assert ContactGuide(table, exists, normalizer, 1.0)(x0, 0) is x0


def test_early_predictions_are_left_alone() -> None:
    x0, table, exists, normalizer = standing(0.14)
    guide = ContactGuide(table, exists, normalizer, 1.0)
    assert guide(x0, GUIDED_BELOW) is x0
    assert guide(x0, GUIDED_BELOW - 1) is not x0


def test_a_sequence_without_interaction_is_left_alone() -> None:
    x0, table, exists, normalizer = standing(0.14, "ss")
    assert ContactGuide(table, exists, normalizer, 1.0)(x0, 0) is x0


def test_named_points_come_together() -> None:
    touch = Contact(0, "right_palm", 1, "right_palm", 55, 65)
    *_, before, after = guided(0.9, times=12, contacts=(touch,))
    pair = (0, "right_palm", 1, "right_palm")
    assert point_distance(before, pair)[55:65].min() > 0.4
    assert point_distance(after, pair)[57:63].mean() < 0.12


def test_a_wish_finds_its_time_and_is_kept() -> None:
    x0, table, exists, normalizer = standing(0.9)
    wish = Wish((0, 1), 40, 80, (Contact(0, "right_palm", 1, "left_palm", 0, 10),))
    guide = ContactGuide(table, exists, normalizer, 1.0, wishes=(wish,))
    assert guide.contacts == ()
    after = x0
    for _ in range(12):
        after = guide(after, 0)
    (contact,) = guide.contacts
    assert contact.start > 40 and contact.end == contact.start + 10 < 80
    before, motion = (decode(normalizer.inverse(x, exists), table, 20.0)[0][0] for x in (x0, after))
    assert point_distance(before, contact.pair)[contact.start : contact.end].min() > 0.4
    assert point_distance(motion, contact.pair)[contact.start + 2 : contact.end - 2].mean() < 0.12


def test_many_touches_at_once_do_not_overshoot() -> None:
    pairs = [(a, f"{side}_palm", 1 - a, point) for a in (0, 1) for side, point in
             (("left", "lower_back"), ("right", "upper_back"), ("left", "belly"))]  # fmt: skip
    x0, after, before, motion = guided(0.6, times=20, contacts=tuple(Contact(*pair, 50, 70) for pair in pairs))
    assert torch.isfinite(after).all()
    gaps = [[float(point_distance(m, pair)[55:65].mean()) for pair in pairs] for m in (before, motion)]
    assert sum(gaps[1]) < 0.7 * sum(gaps[0]) and max(gaps[1]) < max(gaps[0])


def test_only_those_who_interact_are_moved() -> None:
    """0 and 1 interact, 2 is alone beside them; then 1 and 2 interact."""
    plan = Timeline(
        (
            Segment(0, 40, (Part((0, 1), "they meet"), Part((2,), "a person waits"))),
            Segment(40, 80, (Part((0,), "a person waits"), Part((1, 2), "they meet"))),
        )
    )
    table, _ = PartTable.from_timelines([plan])
    exists = mask(table, 80)
    still = standing_plan(80, 0.14)
    rotations, root = still.rotations[:, [0, 1, 0]], still.root[:, [0, 1, 0]]
    normalizer = Normalizer(torch.zeros(273), STD)
    x0 = normalizer(encode(rotations, root, torch.ones(1, 3, 80, 4), table), exists)
    change = (ContactGuide(table, exists, normalizer, 1.0)(x0, 0) - x0)[0, :, :, SLICES["root_xz"]].abs().amax(-1)
    moved = torch.tensor([[True, False], [True, True], [False, True]])
    assert torch.equal(torch.stack((change[:, :40].amin(-1), change[:, 40:].amin(-1)), -1) > 1e-4, moved)
    assert torch.equal(torch.stack((change[:, :40].amax(-1), change[:, 40:].amax(-1)), -1) > 1e-4, moved)


@pytest.mark.parametrize(
    ("contact", "message"),
    [
        (Contact(0, "right_paw", 1, "left_palm", 45, 50), "no point 'right_paw'"),
        (Contact(0, "left_palm", 1, "left_palm", 50, 50), "frames 50 to 50 must lie in order"),
        (Contact(0, "left_palm", 1, "left_palm", 45, 121), "within the timeline's 120"),
        (Contact(0, "left_palm", 1, "left_palm", 35, 50), "do not interact throughout frames 35 to 50"),
        (Contact(0, "left_palm", 0, "right_palm", 45, 50), "People 0 and 0 do not interact"),
        (Contact(0, "left_palm", 2, "right_palm", 45, 50), "People 0 and 2 do not interact"),
    ],
)
def test_contacts_that_cannot_be(contact: Contact, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_contacts((contact,), timeline_of("sis"))


def test_contacts_may_last_over_a_seam_between_interactions() -> None:
    check_contacts((Contact(0, "left_palm", 1, "left_palm", 45, 120),), timeline_of("sii"))
