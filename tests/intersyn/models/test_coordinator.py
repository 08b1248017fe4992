"""The coordinator starts as the identity, acts in interactions alone, and sweeps person after person."""

import pytest
import torch

from intersyn.conditions import PartTable
from intersyn.models.coordinator import TAPER_FRAMES, Coordinator, CoordinatorConfig, taper
from intersyn.text import TextFeatures
from intersyn.timeline import Timeline

TINY = CoordinatorConfig(dim=32, layers=2, heads=2, text_dim=16, relation_dim=8, pooled_dim=12, token_dim=10)


@pytest.fixture
def request_():
    table, texts = PartTable.from_timelines([Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70)])
    count = len(texts)
    text = TextFeatures(torch.randn(count, 12), torch.randn(count, 5, 10), torch.ones(count, 5, dtype=torch.bool))
    return table, text, torch.randn(1, 2, 100, 273)


def randomised() -> Coordinator:
    torch.manual_seed(0)
    network = Coordinator(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.15)
    return network.eval()


def test_untrained_it_changes_nothing(request_):
    table, text, u = request_
    network = Coordinator(TINY)
    assert torch.equal(network.sweep(u, table, network.encode_text(table, text)), u)


@torch.no_grad()
def test_it_acts_in_the_interaction_alone(request_):
    table, text, u = request_
    network = randomised()
    change = (network.sweep(u, table, network.encode_text(table, text)) - u).abs().amax(-1)
    assert (change[:, :, :30] == 0).all() and (change[:, :, 70:] == 0).all()
    assert (change[:, :, 45:55] > 0).all()


@torch.no_grad()
def test_the_second_person_meets_the_refined_first(request_):
    table, text, u = request_
    network = randomised()
    context = network.encode_text(table, text)
    first = network(u, table, context)[:, 0]
    phi = u.clone()
    phi[:, 0] = first
    second = network(phi, table, context)[:, 1]
    swept = network.sweep(u, table, context)
    assert torch.allclose(swept[:, 0], first) and torch.allclose(swept[:, 1], second)
    other = network.sweep(u, table, context, order=[1, 0])
    assert not torch.allclose(other, swept)


def test_the_taper_rises_over_ten_frames_and_stays_up_at_open_ends():
    table, _ = PartTable.from_timelines([Timeline.solo_interact_solo("a", "b", "c", 100, 30, 70)])
    weight = taper(table, 100)[0, 0]
    assert (weight[:30] == 0).all() and (weight[70:] == 0).all()
    assert (weight[30 : 30 + TAPER_FRAMES].diff() > 0).all()
    assert torch.allclose(weight[30:70], weight[30:70].flip(0))
    table, _ = PartTable.from_timelines([Timeline.solo_interact_solo("a", "b", "c", 100, 0, 100)])
    assert (taper(table, 100) == 1).all()
