"""Ways to spoil motion: level 0 changes nothing, every level does what it says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from intersyn.data.text_classes import TextClasses
from intersyn.metrics.actions import headings
from intersyn.metrics.physics import jerk
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import Part, Segment, Timeline
from tests.synthetic import make_store, motion
from training.corruptions import CORRUPTIONS, _smooth, retold


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module")
def motions() -> list[Tensor]:
    """Sequences of two people, of different lengths."""
    made = [[motion(seeded().manual_seed(3 * n + p), 50 + 7 * n, 0.03) for p in (0, 1)] for n in range(4)]
    return [torch.stack([joints_from_global(global_rotations(a), b) for a, b in people]) for people in made]


def spoilt(name: str, motions: list[Tensor], level: float) -> list[Tensor]:
    [corruption] = [one for one in CORRUPTIONS if one.name == name]
    return corruption.spoil(motions, level, seeded())


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.name)
def test_level_0_changes_nothing_and_every_other_does(corruption, motions: list[Tensor]) -> None:
    assert corruption.levels[0] == 0 and list(corruption.levels) == sorted(set(corruption.levels))
    for a, b in zip(corruption.spoil(motions, 0, seeded()), motions, strict=True):
        torch.testing.assert_close(a, b)
    worst = corruption.spoil(motions, corruption.levels[-1], seeded())
    assert all(a.shape == b.shape and bool(a.isfinite().all()) for a, b in zip(worst, motions, strict=True))
    assert all(float((a - b).abs().max()) > 0.01 for a, b in zip(worst, motions, strict=True))


def test_noise_has_the_size_it_is_called_by(motions: list[Tensor]) -> None:
    noise = torch.cat([(a - b).flatten() for a, b in zip(spoilt("noise on every joint", motions, 4), motions)])
    assert float(noise.std()) == pytest.approx(0.04, rel=0.03)


def test_who_is_late_does_the_same_later(motions: list[Tensor]) -> None:
    late = spoilt("one person late", motions, 10)[0]
    torch.testing.assert_close(late[0], motions[0][0])
    torch.testing.assert_close(late[1, 10:], motions[0][1, :-10])
    torch.testing.assert_close(late[1, :10], motions[0][1, :1].expand(10, -1, -1))
    everybody = spoilt("seams displaced: everybody late", motions, 10)[0]
    torch.testing.assert_close(everybody[:, 10:], motions[0][:, :-10])


def test_a_swapped_partner_is_somebody_else_in_the_same_place(motions: list[Tensor]) -> None:
    swapped = spoilt("partner of another sequence", motions, 100)
    for after, before in zip(swapped, motions, strict=True):
        torch.testing.assert_close(after[0], before[0])
        torch.testing.assert_close(after[1, 0, 0, ::2], before[1, 0, 0, ::2])
        torch.testing.assert_close(headings(after[1:, :1]), headings(before[1:, :1]), atol=1e-4, rtol=0)
        assert float((after[1, -1] - before[1, -1]).abs().max()) > 0.05
    half = spoilt("partner of another sequence", motions, 50)
    assert sum(not torch.equal(a, b) for a, b in zip(half, motions, strict=True)) == 2


def test_feet_slide_at_the_speed_it_is_called_by(motions: list[Tensor]) -> None:
    still = [x[:, :1].expand(-1, 80, -1, -1) for x in motions]  # two sways of two seconds
    speed = torch.stack([x[..., 0, ::2].diff(dim=1).norm(dim=-1).mean() for x in spoilt("feet slide", still, 0.4)]) * 20
    assert float(speed.mean()) == pytest.approx(0.4, rel=0.02)
    assert all(torch.equal(x[..., 1], y[..., 1]) for x, y in zip(spoilt("feet slide", still, 0.4), still, strict=True))


def test_smoothing_takes_jerk_out_and_sharpening_adds_to_it(motions: list[Tensor]) -> None:
    def total(found: list[Tensor]) -> float:
        return float(torch.stack([jerk(x, 20.0).mean() for x in found]).mean())

    assert total(spoilt("smoothed too much", motions, 4)) < 0.5 * total(motions)
    assert total(spoilt("smoothed too little", motions, 2)) > 1.2 * total(motions)
    line = torch.arange(40.0)[None, :, None, None].expand(2, 40, 22, 3)
    torch.testing.assert_close(_smooth(line, 2.0)[:, 8:-8], line[:, 8:-8], atol=1e-4, rtol=0)  # a straight way stays


def test_parts_are_told_by_texts_of_another_class() -> None:
    classes = TextClasses(make_store().clips)
    solo, together = "a person does walk", "two people dance salsa"
    line = Timeline((
        Segment(0, 40, (Part((0,), solo), Part((1,), solo))), Segment(40, 80, (Part((0, 1), together),)),
    ))  # fmt: skip
    texts = {False: [solo, "a person does bow"], True: [together, "two people bow to each other"]}
    assert retold([line], 0, texts, classes, seeded()) == [line]
    [other] = retold([line], 100, texts, classes, seeded())
    assert [part.text for s in other.segments for part in s.parts] == ["a person does bow"] * 2 + [texts[True][1]]
    half = retold([line] * 100, 50, texts, classes, seeded())
    changed = sum(p.text != q.text for one in half for s, t in zip(one.segments, line.segments, strict=True)
                  for p, q in zip(s.parts, t.parts, strict=True))  # fmt: skip
    assert 120 <= changed <= 180
