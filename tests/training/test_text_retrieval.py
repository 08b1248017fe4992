"""Which texts belong to which class, and how the judges rank: on a few sentences and vectors made by hand."""

from __future__ import annotations

import pytest
import torch

from intersyn.data.store import Clip
from training.text_retrieval import (
    ActionTexts,
    Features,
    nearest_mean,
    nearest_text,
    probe,
    ranks,
    sided,
    summary,
)


def clip(action: str, *texts: str, test: tuple[str, ...] = (), partner: str | None = None) -> Clip:
    return Clip(f"{action}/0", "test", "take", action, "normal", "train", 0, 40, texts, test, None, partner, 0)


FOUND = ActionTexts(
    [
        clip("salute", "a person salutes", "a person lifts the right hand to the brow", test=("a soldier's salute",)),
        clip("walk-on", "a person goes forward", test=("a person moves forward", "a person goes forward")),
        clip("slap", "the first person slaps the second person", test=("the first person smacks the second person",),
             partner="slap/1"),
        clip("hug", "two people hug", "the first person hugs the second person", test=("they embrace",),
             partner="hug/1"),
    ]
)  # fmt: skip


def right(text: str, *actions: str) -> set:
    asked = FOUND.ask([(text, actions)])
    row = asked.right[asked.texts.index(text)]
    return {own for own, yes in zip(FOUND.classes, row, strict=True) if yes}


def test_known_sentences_come_mirrored_and_with_roles_swapped():
    assert "a person lifts the left hand to the brow" in FOUND.known
    assert "the second person slaps the first person" in FOUND.known
    assert len(set(FOUND.known)) == len(FOUND.known)
    assert not set(FOUND.held_out.texts) & set(FOUND.known), "a sentence that is known is not held out"


def test_what_a_text_leaves_open_is_right_either_way():
    assert right("salutes!", "salute") == {("salute", side, role) for side in (False, True) for role in (False, True)}
    assert {side for _, side, _ in right("the right hand salutes", "salute")} == {False}


def test_who_acts_matters_where_nearly_every_sentence_says_so():
    assert FOUND.has_roles("slap")
    assert not FOUND.has_roles("hug")
    assert {role for *_, role in right("the first person smacks the second person", "slap")} == {False}
    assert {role for *_, role in right("the first person embraces the second person", "hug")} == {False, True}


def test_a_text_of_unknown_actions_is_left_out():
    assert FOUND.ask([("a person juggles", ["juggle"])]).texts == ()
    assert FOUND.ask([("a person juggles", ["juggle", "salute"])]).actions == ("salute",)


def test_a_text_counts_for_people_and_action():
    asked = FOUND.ask([("they embrace", ["hug"]), ("a salute", ["salute"])])
    assert asked.actions == ("hug", "salute")
    assert asked.people.tolist() == [2, 1]


def test_ranks_count_actions_and_the_wrong_way_round():
    action = torch.tensor([0, 0, 1, 2])
    yes = torch.tensor([[True, False, False, False]])
    assert ranks(torch.tensor([[0.9, 0.1, 0.2, 0.3]]), yes, action).tolist() == [1]
    assert ranks(torch.tensor([[0.5, 0.9, 0.2, 0.3]]), yes, action).tolist() == [2]
    assert ranks(torch.tensor([[0.5, 0.9, 0.8, 0.7]]), yes, action).tolist() == [4]
    assert ranks(torch.tensor([[0.5, 0.4, 0.5, 0.5]]), yes, action).tolist() == [1], "a draw is no defeat"
    assert ranks(torch.tensor([[0.1, 0.2, 0.3, 0.4]]), torch.ones(1, 4).bool(), action).tolist() == [1]


def test_judges_on_vectors_by_hand():
    known = Features(torch.nn.functional.normalize(torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 1, 1]]), dim=1))
    member = torch.tensor([[True, False], [False, True], [False, True]])
    asked = Features(torch.tensor([[0.0, 0, 1], [1, 0, 0]]))
    half = 0.5**0.5
    torch.testing.assert_close(nearest_text(known, asked, member), torch.tensor([[0.0, half], [1.0, 0.0]]))
    mean = nearest_mean(known, asked, member)
    assert mean[0, 1] == pytest.approx(0.3827, abs=1e-3)
    assert mean[1].tolist() == [1, 0]


def test_the_probe_reads_tokens_where_pooled_vectors_tell_nothing():
    torch.manual_seed(0)
    pooled = torch.ones(40, 2)
    tokens = torch.randn(40, 3)
    member = torch.stack((tokens[:, 0] > 0, tokens[:, 0] <= 0), dim=1)
    asked = Features(pooled[:2], torch.tensor([[2.0, 0, 0], [-2.0, 0, 0]]))
    assert probe(Features(pooled, tokens), asked, member).argmax(1).tolist() == [0, 1]


def test_the_summary_ignores_what_lies_beyond_a_text():
    tokens, mask = torch.tensor([[[-1.0], [-3.0], [0.0]]]), torch.tensor([[True, True, False]])
    assert summary(tokens, mask).tolist() == [[-2.0, -1.0]]


def test_opposites_are_taken_of_paraphrases_that_name_the_axis():
    (case,) = [case for case in sided(FOUND, FOUND.ask([("the right hand salutes", ["salute"])]), "left/right")
               if "right" in case.text]  # fmt: skip
    assert case.same == ("a person lifts the right hand to the brow",)
    assert case.other == ("a person lifts the left hand to the brow",)
    (ahead,) = sided(FOUND, FOUND.held_out, "forward/backward")
    assert (ahead.text, ahead.other) == ("a person moves forward", ("a person goes backward",))
    assert {case.action for case in sided(FOUND, FOUND.held_out, "who acts")} == {"slap"}
