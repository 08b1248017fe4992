"""The baseline in InterGen's shape: one text in order, shared weights, the partner seen only where people meet."""

import pytest
import torch

from intersyn.conditions import PartTable
from intersyn.features import SLICES
from intersyn.models.baselines import MutualDenoiser, concatenated
from intersyn.models.cmdm import CMDMConfig
from intersyn.models.guidance import guided
from intersyn.text import TextFeatures
from intersyn.timeline import Part, Segment, Timeline

TINY = CMDMConfig(dim=32, layers=2, heads=2, text_dim=16, pooled_dim=12, token_dim=8)


@pytest.fixture(scope="module")
def model() -> MutualDenoiser:
    torch.manual_seed(0)
    network = MutualDenoiser(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.15)
    return network.eval()


def condition(*timelines: Timeline) -> tuple[PartTable, TextFeatures]:
    """Text k has k + 1 tokens that hold the number k + 1."""
    table, texts = PartTable.from_timelines(list(timelines))
    mask = torch.arange(len(texts) + 1) <= torch.arange(len(texts))[:, None]
    tokens = (mask * torch.arange(1, len(texts) + 1)[:, None]).float()[..., None].expand(-1, -1, 8)
    return table, TextFeatures(torch.zeros(len(texts), 12), tokens, mask)


def meet(frames: int = 100, start: int = 30) -> Timeline:
    return Timeline.solo_interact_solo(("walk", "run"), "hug", ("bow", "wave"), frames, start, 70)


def run(model, table, text, x, **options) -> torch.Tensor:
    with torch.no_grad():
        context = model.encode_text(table, text, options.pop("drop", None))
        return model(x, torch.full((len(x),), 400), table, context, **options)


def test_the_text_is_every_sentence_once_in_order_of_time_and_says_who():
    short = Timeline((Segment(0, 40, (Part((0, 1), "hug"),)),))
    table, text = condition(meet(), short)
    tokens, mask = concatenated(table, text, torch.tensor([[0.0], [100.0], [200.0]]).expand(3, 8))
    # in order of time: walk and run, hug, bow and wave
    whole = [1, *[102] * 2, *[203] * 3, *[4] * 4, *[105] * 5]
    assert tokens[0, :, 0].tolist() == whole and mask[0].all()
    assert tokens[1, mask[1], 0].tolist() == [203] * 3
    assert (tokens[1, ~mask[1]] == 0).all()


def test_shape_and_zeros_where_nothing_exists(model):
    table, text = condition(meet(99))
    x0 = run(model, table, text, torch.randn(1, 2, 99, 273))
    assert x0.shape == (1, 2, 99, 273)
    places = x0[..., SLICES["root_xz"]]
    assert (places[:, :, :30] == 0).all() and (places[:, :, 70:] == 0).all()
    assert (places[:, :, 30:70] != 0).any()


def test_the_partner_counts_only_where_people_meet_and_is_not_hidden(model):
    x = torch.randn(1, 2, 100, 273)
    other = x.clone()
    other[:, 1] = torch.randn(1, 100, 273)
    table, text = condition(meet())
    assert (run(model, table, text, x)[:, 0] - run(model, table, text, other)[:, 0]).abs().max() > 1e-4
    alone, alone_other = (run(model, table, text, v, coupled=False)[:, 0] for v in (x, other))
    assert torch.equal(alone, alone_other)
    table, text = condition(Timeline((Segment(0, 100, (Part((0,), "walk"), Part((1,), "run"))),)))
    assert torch.equal(run(model, table, text, x)[:, 0], run(model, table, text, other)[:, 0])


def test_both_people_pass_through_the_same_weights():
    torch.manual_seed(1)
    network = MutualDenoiser(TINY).eval()
    torch.nn.init.normal_(network.output.weight)
    with torch.no_grad():
        network.person.weight[1] = network.person.weight[0]
    table, text = condition(Timeline((Segment(0, 60, (Part((0, 1), "hug"),)),)))
    x = torch.randn(1, 2, 60, 273)
    assert torch.allclose(run(network, table, text, x).flip(1), run(network, table, text, x.flip(1)), atol=1e-4)


def test_the_only_text_can_be_withheld_and_times_are_not_read(model):
    table, text = condition(meet())
    x = torch.randn(1, 2, 100, 273)
    everything = torch.ones_like(table.kind, dtype=torch.bool)
    other = TextFeatures(text.pooled, text.tokens + 1.0, text.mask)
    untold = run(model, table, text, x, drop=everything)
    assert torch.allclose(untold, run(model, table, other, x, drop=everything))
    told = run(model, table, text, x)
    assert (untold - told).abs().max() > 1e-4
    partly = everything.clone()
    partly[:, 0, 0] = False
    assert torch.equal(run(model, table, text, x, drop=partly), told)
    moved, _ = condition(meet(start=40))
    with torch.no_grad():
        assert torch.equal(model.encode_text(moved, text), model.encode_text(table, text))


def test_padding_changes_nothing(model):
    table, text = condition(meet(92), meet(120))
    x = torch.randn(2, 2, 120, 273)
    alone, _ = condition(meet(92))
    batched = run(model, table, text, x)[:1, :, :86]
    assert torch.allclose(batched, run(model, alone, text, x[:1, :, :92])[:, :, :86], atol=1e-3)


def test_it_is_guided_as_the_cmdm_is(model):
    table, text = condition(meet())
    predict = guided(model, table, text, 2.0)
    with torch.no_grad():
        assert torch.isfinite(predict(torch.randn(1, 2, 100, 273), 950)).all()


def test_more_than_two_people_are_refused(model):
    table, text = condition(Timeline((Segment(0, 40, (Part((0, 1, 2), "dance"),)),)))
    with pytest.raises(ValueError, match="2 people at most, got 3"):
        run(model, table, text, torch.randn(1, 3, 40, 273))
