"""The CMDM's promises: shapes, what does not exist stays zero, who may see whom, padding changes nothing."""

import pytest
import torch

from intersyn.conditions import PartTable
from intersyn.features import SLICES
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.models.tokens import part_weights, phase, relations
from intersyn.text import TextFeatures
from intersyn.timeline import Part, Segment, Timeline

TINY = CMDMConfig(dim=32, layers=2, heads=2, text_dim=16, relation_dim=8, pooled_dim=12, token_dim=10)


@pytest.fixture(scope="module")
def model() -> CMDM:
    torch.manual_seed(0)
    network = CMDM(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.15)
    return network.eval()


def condition(*timelines: Timeline) -> tuple[PartTable, TextFeatures]:
    table, texts = PartTable.from_timelines(list(timelines))
    generator = torch.Generator().manual_seed(len(texts))
    tokens, mask = torch.randn(len(texts), 6, 10, generator=generator), torch.ones(len(texts), 6, dtype=torch.bool)
    mask[:, 4:] = torch.arange(len(texts))[:, None] % 2 == 0
    return table, TextFeatures(torch.randn(len(texts), 12, generator=generator), tokens * mask[..., None], mask)


def meet(frames: int = 100) -> Timeline:
    return Timeline.solo_interact_solo(("walk", "run"), "hug", ("bow", "wave"), frames, 30, 70)


def run(model: CMDM, table: PartTable, text: TextFeatures, x: torch.Tensor, **options) -> torch.Tensor:
    t = torch.full((len(x),), 400)
    drop = options.pop("drop", None)
    with torch.no_grad():
        return model(x, t, table, model.encode_text(table, text, drop), **options)


def test_output_has_the_shape_of_the_input_and_zeros_where_nothing_exists(model):
    table, text = condition(meet(99))
    x0 = run(model, table, text, torch.randn(1, 2, 99, 273))
    assert x0.shape == (1, 2, 99, 273)
    places = x0[..., SLICES["root_xz"]]
    assert (places[:, :, :30] == 0).all() and (places[:, :, 70:] == 0).all()
    assert (places[:, :, 30:70] != 0).any()


def test_uncoupled_people_do_not_hear_each_other(model):
    table, text = condition(meet())
    x = torch.randn(1, 2, 100, 273)
    other = x.clone()
    other[:, 1] = torch.randn(1, 100, 273)
    alone, alone_other = (run(model, table, text, v, coupled=False)[:, 0] for v in (x, other))
    assert torch.equal(alone, alone_other)
    together, together_other = (run(model, table, text, v)[:, 0] for v in (x, other))
    assert (together - together_other).abs().max() > 1e-4


def test_strangers_do_not_hear_each_other(model):
    solos = (Part((0,), "walk"), Part((1,), "run"))
    table, text = condition(Timeline((Segment(0, 60, solos),)))
    x = torch.randn(1, 2, 60, 273)
    other = x.clone()
    other[:, 1] = torch.randn(1, 60, 273)
    assert torch.equal(run(model, table, text, x)[:, 0], run(model, table, text, other)[:, 0])


def test_coupling_is_chosen_per_sequence(model):
    table, text = condition(meet(), meet())
    x = torch.randn(1, 2, 100, 273).repeat(2, 1, 1, 1)
    mixed = run(model, table, text, x, coupled=torch.tensor([True, False]))
    assert torch.allclose(mixed[:1], run(model, table, text, x)[:1], atol=1e-3)
    assert torch.allclose(mixed[1:], run(model, table, text, x, coupled=False)[1:], atol=1e-3)


def test_padding_after_the_end_changes_nothing(model):
    short, long = meet(92), meet(120)
    table, text = condition(short, long)
    x = torch.randn(2, 2, 120, 273)
    batched = run(model, table, text, x)[:1, :, :86]
    alone, lone_text = condition(short)
    # Same texts in the same rows: the table of `short` names the first rows of the joint text table.
    single = run(model, alone, text, x[:1, :, :92])[:, :, :86]  # the convolution reaches 6 frames
    assert torch.allclose(batched, single, atol=1e-3)


def test_dropped_texts_do_not_matter_but_times_do(model):
    table, text = condition(meet())
    x = torch.randn(1, 2, 100, 273)
    drop = torch.ones_like(table.kind, dtype=torch.bool)
    different = TextFeatures(text.pooled.flip(0), text.tokens.flip(0), text.mask.flip(0))
    nothing = run(model, table, text, x, drop=drop)
    assert torch.allclose(nothing, run(model, table, different, x, drop=drop), atol=1e-5)
    assert (nothing - run(model, table, text, x)).abs().max() > 1e-4
    moved, _ = condition(Timeline.solo_interact_solo(("walk", "run"), "hug", ("bow", "wave"), 100, 40, 72))
    assert (nothing - run(model, moved, text, x, drop=drop)).abs().max() > 1e-4


def test_three_people_and_one(model):
    trio = Timeline((Segment(0, 40, (Part((0, 1, 2), "dance"),)),))
    table, text = condition(trio)
    assert run(model, table, text, torch.randn(1, 3, 40, 273)).shape == (1, 3, 40, 273)
    solo = Timeline((Segment(0, 40, (Part((0,), "dance"),)),))
    table, text = condition(solo)
    assert run(model, table, text, torch.randn(1, 1, 40, 273)).shape == (1, 1, 40, 273)


def test_wrong_shape_is_named(model):
    table, text = condition(meet())
    with pytest.raises(ValueError, match="got \\(1, 2, 100, 272\\)"):
        run(model, table, text, torch.randn(1, 2, 100, 272))


def test_part_weights_sum_to_one_and_split_at_the_seam():
    table, _ = condition(Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70))
    weights = part_weights(table, 100, 4)
    assert torch.allclose(weights.sum(-1), torch.ones(1, 2, 25))
    assert weights[0, 0, 7].tolist() == [0.5, 0.5, 0.0]  # frames 28..31


def test_phase_runs_through_a_part_that_a_window_cut():
    table, _ = condition(Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70))
    cut = PartTable(**{**vars(table), "start": table.start - 10, "end": table.end - 10, "length": table.length - 10})
    assert torch.allclose(phase(cut, 80), phase(table, 90)[:, :, 10:], atol=1e-6)


def test_a_partner_seen_from_me_is_where_the_shared_frame_says():
    table, _ = condition(Timeline((Segment(0, 40, (Part((0, 1), "meet"),)),)))
    x = torch.zeros(1, 2, 40, 273)
    # Both stand half a metre behind the middle of their own frame and look at it.
    x[..., SLICES["root_xz"]] = torch.tensor((0.0, -0.5))
    x[..., SLICES["heading"]] = torch.tensor((1.0, 0.0))
    seen = relations(x, table)[0, 0, 0, 0]
    assert torch.allclose(seen[:4], torch.tensor((0.0, 0.5, -1.0, 0.0)), atol=1e-6)  # ahead of me, facing me
