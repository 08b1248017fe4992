"""Windows over long sequences: they cover, they merge back exactly, and their tables say what the whole table says."""

from __future__ import annotations

import pytest
import torch

from intersyn.conditions import PADDING, PartTable
from intersyn.timeline import Part, Segment, Timeline
from intersyn.windows import Windows


def timeline(frames: int, segments: int) -> Timeline:
    at = [round(k * frames / segments) for k in range(segments + 1)]
    solo, both = (Part((0,), "walks"), Part((1,), "waves")), (Part((0, 1), "dance"),)
    return Timeline(tuple(Segment(a, b, both if k % 2 else solo) for k, (a, b) in enumerate(zip(at, at[1:]))))


@pytest.mark.parametrize("frames", [40, 196, 197, 300, 329, 1400])
def test_windows_cover_everything_and_overlap(frames):
    windows = Windows.cover(frames, 196, 64)
    starts = windows.starts
    assert starts[0] == 0
    assert starts[-1] + windows.size == frames
    assert all(b - a <= 196 - 64 for a, b in zip(starts, starts[1:]))
    assert (len(starts) == 1) == (frames <= 196)


@pytest.mark.parametrize("frames", [100, 197, 500])
def test_merging_what_was_split_changes_nothing(frames):
    x = torch.randn(2, 3, frames, 5)
    windows = Windows.cover(frames, 196, 64)
    torch.testing.assert_close(windows.merge(windows.split(x)), x)


def test_merge_fades_from_one_window_to_the_next():
    windows = Windows.cover(300, 196, 64)
    parts = torch.cat([torch.full((1, 1, 196, 1), float(k)) for k in range(len(windows.starts))])
    merged = windows.merge(parts)[0, 0, :, 0]
    assert merged[0] == 0
    assert merged[-1] == len(windows.starts) - 1
    assert (merged.diff() >= 0).all()
    assert merged.diff().max() < 0.05


@pytest.mark.parametrize("frames", [260, 300, 600, 1400])
def test_windows_come_and_go_without_a_kink(frames):
    """Windows that differ by 1 meet with steps that change by less than a two-hundredth from frame to frame."""
    windows = Windows.cover(frames, 196, 64)
    parts = torch.cat([torch.full((1, 1, 196, 1), float(k % 2)) for k in range(len(windows.starts))])
    assert windows.merge(parts)[0, 0, :, 0].diff(n=2).abs().max() < 0.005


def test_tables_agree_with_the_whole():
    table, texts = PartTable.from_timelines([timeline(500, 7)])
    windows = Windows.cover(500, 196, 64)
    cut = windows.tables(table)
    for k, begin in enumerate(windows.starts):
        one = cut.select(torch.tensor([k]))
        inside = slice(begin, begin + 196)
        for name in ("kind", "text", "group", "angle"):
            whole = table.at_frames(getattr(table, name), 500)[:, :, inside]
            assert torch.equal(one.at_frames(getattr(one, name), 196), whole), name
        start = one.at_frames(one.start, 196) + begin
        assert torch.equal(start, table.at_frames(table.start, 500)[:, :, inside])
        kept = one.kind != PADDING
        assert (kept.sum(-1) < 7).all(), "parts outside the window are left out"
        assert ((one.end > 0) & (one.start < 196))[kept].all()
    assert texts == ["walks", "waves", "dance"]


def test_strangers_in_one_window_may_have_met_in_another():
    table, _ = PartTable.from_timelines([timeline(500, 3)])
    cut = Windows.cover(500, 150, 10).tables(table)
    met = cut.acquainted()[:, 0, 1]
    assert met.any()
    assert not met[0]


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match="300"):
        Windows.cover(300, 196, 64).split(torch.zeros(1, 2, 299, 4))
