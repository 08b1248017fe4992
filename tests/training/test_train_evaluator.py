"""The evaluator learns to tell texts apart, a run resumes exactly, and rivals are fair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.text_classes import TextClasses
from intersyn.models.evaluator import Evaluator, EvaluatorConfig
from intersyn.timeline import mirror_text, swap_roles
from training.common import load_clips, make_dataset
from training.train_evaluator import Config, Examples, contrastive_loss, main, no_rivals

TINY = EvaluatorConfig(
    dim=16, width=32, layers=1, heads=2, text_width=16, text_layers=1, part_layers=1, words=256, pieces=256, dropout=0.0
)


@pytest.fixture(scope="module")
def examples(store_folder: Path) -> Examples:
    classes = TextClasses(load_clips([store_folder], ("train",)).clips)
    return Examples(make_dataset([store_folder], "train", 0, "cpu", paired_solos=60), classes, 0)


def test_segments_are_cut_with_their_own_people(examples: Examples) -> None:
    _, segments = examples.draw(0, 24)
    assert segments
    for example in segments:
        (segment,) = example.timeline.segments
        (part,) = segment.parts
        assert example.joints.shape[:2] == (len(part.people), segment.frames)


def test_one_text_is_exchanged_for_one_of_another_class(examples: Examples) -> None:
    wholes, _ = examples.draw(0, 24)
    assert wholes
    for example in wholes:
        before = [part.text for segment in example.timeline.segments for part in segment.parts]
        after = [part.text for segment in example.exchanged.segments for part in segment.parts]
        changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert len(changed) == 1
        assert not examples.classes.of(changed[0][0]) & examples.classes.of(changed[0][1])


def test_sides_or_roles_of_one_part_are_contradicted(examples: Examples) -> None:
    found = [example for part in examples.draw(0, 48) for example in part if example.contradicted is not None]
    assert found
    for example in found:
        before = [part.text for segment in example.timeline.segments for part in segment.parts]
        after = [part.text for segment in example.contradicted.segments for part in segment.parts]
        [(text, other)] = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert other in (mirror_text(text), swap_roles(text))
        assert not examples.classes.of(text) & examples.classes.of(other)


def test_a_contradicted_text_is_the_rival_of_its_own_motion_alone(examples: Examples) -> None:
    """Rows that are no rivals of each other: each has to be told from its contradiction, and from nothing else."""
    segments = [example for example in examples.draw(0, 48)[1] if example.contradicted is not None]
    model, config = Evaluator(TINY).eval(), Config((), Path(), noise=0.0, swapped=0.0)
    batch = segments[:2]
    every = torch.ones(2, 2, dtype=torch.bool)
    scale = model.log_scale.exp()
    motion = model.embed_motions([example.joints for example in batch])
    true, wrong = (
        model.embed_timelines([getattr(example, name) for example in batch]) for name in ("timeline", "contradicted")
    )
    expected = torch.nn.functional.softplus(scale * ((wrong - true) * motion).sum(-1)).mean() / 2
    torch.testing.assert_close(contrastive_loss(model, batch, every, config, 0), expected, atol=1e-5, rtol=0)


def test_rows_of_one_class_are_no_rivals(examples: Examples) -> None:
    """A batch in which all ask for the same leaves nobody to be told from: its loss is 0."""
    wholes, segments = examples.draw(1, 24)
    batch = [replace(segments[0], contradicted=None)] * 3
    same = no_rivals(batch, examples.classes)
    model, config = Evaluator(TINY).eval(), Config((), Path(), noise=0.0, swapped=0.0)
    assert contrastive_loss(model, batch, same, config, 0).item() == 0
    assert contrastive_loss(model, batch, torch.zeros_like(same), config, 0).item() == pytest.approx(1.0986, abs=1e-3)
    whole = no_rivals(wholes, examples.classes)
    several = torch.tensor([len(example.timeline.segments) > 1 for example in wholes])
    assert not whole[several].any()


def test_it_learns_a_batch(examples: Examples) -> None:
    wholes, segments = examples.draw(2, 24)
    batch = [*wholes, *segments]
    same = no_rivals(batch, examples.classes)
    torch.manual_seed(0)
    model = Evaluator(TINY)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for step in range(200):
        loss = contrastive_loss(model, batch, same, Config((), Path(), noise=0.0), step)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.35 * losses[0]


def test_a_run_resumes_exactly(store_folder: Path, tmp_path: Path) -> None:
    def config(out: str, steps: int, minutes: float | None = None) -> Config:
        return Config(
            (store_folder,), tmp_path / out, model=TINY, steps=steps, batch_size=8, warmup=2, paired_solos=60,
            log_every=2, val_every=100, validation=(4, 8), pool=4, max_minutes=minutes,
        )  # fmt: skip

    main(config("whole", 4))
    for _ in range(4):
        main(config("parts", 4, minutes=0.0))
    whole, parts = (Evaluator.load(tmp_path / out / "evaluator").state_dict() for out in ("whole", "parts"))
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, msg=name)
