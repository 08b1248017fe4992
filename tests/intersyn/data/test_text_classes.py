"""Texts that ask for the same thing are no rivals; sides and roles are told apart where a text names them."""

from __future__ import annotations

import pytest

from intersyn.data.store import Clip
from intersyn.data.text_classes import TextClasses


def clip(action: str, *texts: str, test: tuple[str, ...] = (), partner: str | None = None, role: int = 0) -> Clip:
    return Clip(f"{action}/{role}", "test", "take", action, "normal", "train", 0, 40, texts, test, None, partner, role)


CLASSES = TextClasses(
    [
        clip("wave-left-hand", "a person waves with the left hand", "a person waves"),
        clip("wave-right-hand", "a person waves with the right hand", "a person waves"),
        clip(
            "salute",
            "a person salutes",
            "a person raises the right hand to the brow",
            test=("a person gives a salute",),
        ),
        clip("punch", "the first person punches the second person", "two people box", partner="punch/1"),
        clip("greet", "two people bow to each other", partner="greet/1"),
        clip("punch", "the first person punches the second person", partner="punch/0", role=1),
    ]
)


def same(a: str, b: str) -> bool:
    return bool(CLASSES.same([a, b])[0, 1])


def test_sentences_of_one_action_are_the_same() -> None:
    assert same("a person salutes", "a person gives a salute")
    assert not same("a person salutes", "a person waves with the left hand")


def test_sides_are_told_apart_where_the_label_names_them() -> None:
    assert not same("a person waves with the left hand", "a person waves with the right hand")
    assert same("a person waves", "a person waves with the right hand")
    assert same("a person waves", "a person waves with the left hand")


def test_sides_are_told_apart_where_only_the_sentence_names_them() -> None:
    """The mirrored salute has the left hand at the brow."""
    assert not same("a person raises the right hand to the brow", "a person raises the left hand to the brow")
    assert same("a person salutes", "a person raises the left hand to the brow")


def test_roles_are_told_apart() -> None:
    assert not same("the first person punches the second person", "the second person punches the first person")
    assert same("two people box", "the second person punches the first person")


def test_actions_of_two_sources_that_share_a_sentence_are_one() -> None:
    """Two people who bow: placed solo clips and a recorded pair."""
    assert CLASSES.merged == {"two bow": "greet"}
    assert same("both people bow", "two people bow to each other")


def test_the_matrix_is_symmetric_and_true_on_its_diagonal() -> None:
    matrix = CLASSES.same(["a person waves", "a person salutes", "two people box"])
    assert (matrix == matrix.T).all()
    assert matrix.diagonal().all()


def test_a_text_that_nothing_is_told_by_is_refused() -> None:
    with pytest.raises(KeyError):
        CLASSES.of("a person juggles")
