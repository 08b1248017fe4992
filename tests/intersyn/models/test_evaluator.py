"""The evaluator sees what people do and not where they stand; padding, absent people and batches change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from intersyn.models.evaluator import STREAM, Evaluator, EvaluatorConfig, pad_motions, stream_features
from intersyn.rotations import rotate_xz
from intersyn.skeleton import JOINT, forward_kinematics
from intersyn.timeline import Part, Segment, Timeline
from tests.motions import smooth_motion

TINY = EvaluatorConfig(
    dim=16, width=32, layers=1, heads=2, text_width=16, text_layers=1, part_layers=1, words=64, pieces=64
)
CLOSE = {"atol": 2e-5, "rtol": 1e-4}


def joints(people: int, frames: int, seed: int = 0) -> torch.Tensor:
    rotations, root, _ = smooth_motion(seed, people, frames=frames)
    return forward_kinematics(rotations, root)[0]


def part(name: str) -> slice:
    start = 0
    for key, size in STREAM.items():
        if key == name:
            return slice(start, start + size)
        start += size
    raise KeyError(name)


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    torch.manual_seed(0)
    return Evaluator(TINY).eval().requires_grad_(False)


def test_where_and_which_way_the_scene_stands_does_not_matter() -> None:
    motion = joints(2, 30)
    turned = motion.clone()
    turned[..., ::2] = rotate_xz(motion[..., ::2], torch.tensor(1.9)) + torch.tensor([4.0, -7.0])
    present = torch.ones(1, 2, dtype=torch.bool)
    torch.testing.assert_close(stream_features(turned[None], present), stream_features(motion[None], present), **CLOSE)


def test_it_matters_where_the_other_one_stands() -> None:
    motion = joints(2, 30)
    moved = motion.clone()
    moved[1, ..., 0] += 0.5
    present = torch.ones(1, 2, dtype=torch.bool)
    before, after = stream_features(motion[None], present), stream_features(moved[None], present)
    torch.testing.assert_close(after[..., part("joints")], before[..., part("joints")], **CLOSE)
    assert (after[:, 0, :, part("others")] - before[:, 0, :, part("others")]).abs().mean() > 0.05


def test_the_nearest_of_several_is_seen() -> None:
    motion = joints(1, 10).expand(3, -1, -1, -1).clone()
    motion[1, ..., 2] += 1.0
    motion[2, ..., 2] += 2.5
    alone, crowd = torch.ones(1, 2, dtype=torch.bool), torch.ones(1, 3, dtype=torch.bool)
    pair = stream_features(motion[None, :2], alone)
    three = stream_features(motion[None], crowd)
    torch.testing.assert_close(three[:, 0], pair[:, 0], **CLOSE)
    assert three[0, 2, 0, part("nearness")] < three[0, 0, 0, part("nearness")] < 1


def test_velocity_does_not_depend_on_the_frame_rate() -> None:
    """Somebody who glides at 1 m/s, at 20 and at 10 frames a second."""
    still = joints(1, 1).expand(-1, 20, -1, -1)
    present = torch.ones(1, 1, dtype=torch.bool)
    for fps in (20, 10):
        motion = still.clone()
        motion[..., 2] += torch.arange(20)[:, None] / fps
        step = stream_features(motion[None], present, fps)[0, 0, :-1, part("velocities")]
        torch.testing.assert_close(step.unflatten(-1, (22, 3)).norm(dim=-1), torch.full((19, 22), 0.25))


def test_motions_of_a_batch_do_not_see_each_other(evaluator: Evaluator) -> None:
    """Other lengths and other numbers of people beside it change nothing."""
    motions = [joints(2, 45, 1), joints(1, 83, 2), joints(3, 60, 3)]
    together = evaluator.embed_motions(motions)
    for k, motion in enumerate(motions):
        torch.testing.assert_close(evaluator.embed_motions([motion])[0], together[k], **CLOSE)
    torch.testing.assert_close(together.norm(dim=-1), torch.ones(3))


def test_who_is_first_matters(evaluator: Evaluator) -> None:
    motion = joints(2, 40)
    a, b = evaluator.embed_motions([motion, motion.flip(0)])
    assert (a - b).norm() > 1e-3


def timeline(*texts: str, people: tuple[int, ...] = (0, 1), cut: int = 40) -> Timeline:
    first = tuple(Part((p,), texts[0]) for p in people)
    return Timeline((Segment(0, cut, first), Segment(cut, 100, (Part(people, texts[1]),))))


def test_a_timeline_is_its_texts_times_and_people(evaluator: Evaluator) -> None:
    base = timeline("a person walks", "two people hug")
    others = [
        timeline("a person runs", "two people hug"),
        timeline("a person walks", "two people bow"),
        timeline("a person walks", "two people hug", cut=60),
    ]
    alone = evaluator.embed_timelines([base])
    batch = evaluator.embed_timelines([base, *others])
    torch.testing.assert_close(batch[0], alone[0], **CLOSE)
    assert ((batch[1:] - batch[0]).norm(dim=-1) > 1e-3).all()


def test_the_order_of_people_in_a_segment_is_no_information(evaluator: Evaluator) -> None:
    a = Timeline((Segment(0, 40, (Part((0,), "a person walks"), Part((1,), "a person waves"))),))
    b = Timeline((Segment(0, 40, (Part((1,), "a person waves"), Part((0,), "a person walks"))),))
    swapped = Timeline((Segment(0, 40, (Part((0,), "a person waves"), Part((1,), "a person walks"))),))
    rows = evaluator.embed_timelines([a, b, swapped])
    torch.testing.assert_close(rows[0], rows[1], **CLOSE)
    assert (rows[0] - rows[2]).norm() > 1e-3


def test_saved_and_loaded_it_judges_the_same(evaluator: Evaluator, tmp_path: Path) -> None:
    evaluator.save(tmp_path / "evaluator")
    again = Evaluator.load(tmp_path / "evaluator")
    motion, line = [joints(2, 40)], [timeline("a person walks", "two people hug")]
    torch.testing.assert_close(again.embed_motions(motion), evaluator.embed_motions(motion), atol=2e-3, rtol=0)  # f16
    torch.testing.assert_close(again.embed_timelines(line), evaluator.embed_timelines(line), atol=2e-3, rtol=0)


def test_gradients_reach_the_motion() -> None:
    """So that a difference can be traced to frames and joints."""
    torch.manual_seed(0)
    motion = joints(2, 24).requires_grad_(True)
    Evaluator(TINY).eval().embed_motions([motion])[0, 0].backward()
    assert motion.grad is not None
    assert motion.grad[:, :, JOINT["left_wrist"]].abs().sum() > 0


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="joints must be"):
        stream_features(torch.zeros(1, 2, 10, 24, 3), torch.ones(1, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="present must be"):
        stream_features(torch.zeros(1, 2, 10, 22, 3), torch.ones(2, dtype=torch.bool))


def test_padding_holds_the_last_frame() -> None:
    batch, present, length = pad_motions([joints(1, 5), joints(2, 9)])
    assert batch.shape == (2, 2, 9, 22, 3)
    assert present.tolist() == [[True, False], [True, True]]
    assert length.tolist() == [5, 9]
    torch.testing.assert_close(batch[0, 0, 5:], batch[0, 0, 4:5].expand(4, -1, -1))
