"""The part table: timelines as tensors, who is active when, who knows whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from intersyn.conditions import INTERACTION, PADDING, SOLO, PartTable
from intersyn.timeline import Part, Segment, Timeline
from tests.motions import table, timeline


def mixed() -> Timeline:
    """Three people: all alone, then 2 leads 0 while 1 waits, then all together."""
    return Timeline(
        (
            Segment(0, 20, (Part((0,), "a"), Part((1,), "b"), Part((2,), "a"))),
            Segment(20, 60, (Part((2, 0), "two people dance"), Part((1,), "b"))),
            Segment(60, 100, (Part((0, 1, 2), "they talk"),)),
        )
    )


def test_from_timelines_by_hand() -> None:
    parts, texts = PartTable.from_timelines([mixed()])
    assert texts == ["a", "b", "two people dance", "they talk"]
    assert parts.kind[0].tolist() == [[SOLO, INTERACTION, INTERACTION], [SOLO, SOLO, INTERACTION], [1, 2, 2]]
    assert parts.start[0, 0].tolist() == [0, 20, 60]
    assert parts.end[0, 0].tolist() == [20, 60, 100]
    assert parts.text[0].tolist() == [[0, 2, 3], [1, 1, 3], [0, 2, 3]]
    assert parts.group[0].tolist() == [[-1, 0, 1], [-1, -1, 1], [-1, 0, 1]]
    third = 2 * torch.pi / 3
    expected = torch.tensor([[0.0, torch.pi, 0.0], [0.0, 0.0, third], [0.0, 0.0, 2 * third]])
    torch.testing.assert_close(parts.angle[0], expected)
    assert parts.length.tolist() == [100]


def test_shorter_sequences_are_padded() -> None:
    parts = table("sis", "s")
    assert parts.kind[1].tolist() == [[SOLO, PADDING, PADDING]] * 2
    assert (parts.active(120)[1] == 0).all()
    assert parts.valid(120).sum(-1).tolist() == [120, 40]
    assert not parts.in_interaction(120)[1].any()


def test_active_part_and_values_over_time() -> None:
    parts, _ = PartTable.from_timelines([mixed()])
    active = parts.active(100)[0, 0]
    assert active[:20].eq(0).all()
    assert active[20:60].eq(1).all()
    assert active[60:].eq(2).all()
    assert parts.in_interaction(100)[0].sum(-1).tolist() == [80, 40, 80]
    assert parts.at_frames(parts.text, 100)[0, 1, 59:61].tolist() == [1, 3]


def test_windows_start_before_and_end_after() -> None:
    parts = table("sis")
    window = replace(parts, start=parts.start - 50, end=parts.end - 50, length=torch.tensor([60]))
    assert window.active(60)[0, 0, 0] == 1
    assert window.in_interaction(60)[0, 0].nonzero().flatten().tolist() == list(range(30))


def test_acquainted() -> None:
    first_two = Timeline((Segment(0, 40, (Part((0, 1), "they meet"), Part((2,), "a person waits"))),))
    parts, _ = PartTable.from_timelines([first_two])
    assert parts.acquainted()[0].tolist() == [[False, True, False], [True, False, False], [False, False, False]]
    everyone, _ = PartTable.from_timelines([mixed()])
    assert torch.equal(everyone.acquainted()[0], ~torch.eye(3, dtype=torch.bool))
    assert not table("ss").acquainted().any()


def test_select_and_to() -> None:
    parts = table("sis", "iss", "sss")
    chosen = parts.select(torch.tensor([2, 0])).to("cpu")
    assert torch.equal(chosen.kind, parts.kind[[2, 0]])
    assert chosen.length.shape == (2,)


def test_errors_are_named() -> None:
    parts = table("sis")
    with pytest.raises(ValueError, match=r"angle must be \(1, 2, 3\), got \(1, 2, 2\)"):
        replace(parts, angle=parts.angle[..., :2])
    with pytest.raises(ValueError, match="number of people"):
        PartTable.from_timelines([timeline("s", people=1), timeline("s", people=2)])
