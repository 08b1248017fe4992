"""Results of a visit: bounded for each visitor and for all of them, and gone with the visitor."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from app.history import GONE, Histories, History, Results, label_of
from app.limits import RESULTS_KEPT
from app.script import ALONE, TOGETHER, Scene, Script
from app.state import State
from intersyn.motion import Motion
from intersyn.settings import Settings

SCRIPT = Script((Scene(ALONE, 40, "a person walks", "a person runs"), Scene(TOGETHER, 60, together="two people dance")))
BODIES = (172.0, 0.0, 172.0, 0.0)


def state(*panels: Settings) -> State:
    return State(SCRIPT, panels or (Settings(),), BODIES)


def motion(frames: int = 100) -> Motion:
    return Motion(torch.zeros(2, frames, 22, 3), torch.zeros(2, frames, 3), torch.zeros(2, 10), 20.0)


SIZE = 4 * (2 * 100 * 23 * 3 + 20)


def test_a_result_is_found_again() -> None:
    histories, history = Histories(), History()
    first, second = state(), state(Settings("no_rec", 5), Settings("full", 5))
    motions = [motion(), motion()]
    histories.add(history, first, [motion()], ["Full model"])
    update = histories.add(history, second, motions, ["No coordinator", "Full model"])
    labels, keys = zip(*update["choices"])
    assert labels == (
        "“two people dance” · No coordinator, Full model · seed 5 · 5.0 s",
        "“two people dance” · Full model · seed 0 · 5.0 s",
    )
    assert update["value"] == keys[0] and update["visible"]
    found, kept = histories.find(history, keys[0])
    assert found == second and all(a is b for a, b in zip(kept, motions, strict=True))
    assert histories.find(history, keys[1])[0] == first


def test_each_visitor_has_so_many_and_only_their_own() -> None:
    histories, history, other = Histories(), History(), History()
    for seed in range(RESULTS_KEPT + 3):
        update = histories.add(history, state(Settings(seed=seed)), [motion()], ["Full model"])
    assert len(update["choices"]) == RESULTS_KEPT == len(history.entries)
    assert "seed 14" in update["choices"][0][0] and "seed 3" in update["choices"][-1][0]
    assert histories.results.bytes == RESULTS_KEPT * SIZE
    for key in (update["value"], "no such key", None):
        with pytest.raises(LookupError, match="have expired"):
            histories.find(other, key)


def test_the_servers_memory_is_bounded_and_what_went_can_be_made_again() -> None:
    histories = Histories(Results(5 * SIZE))
    visitors = [History() for _ in range(3)]
    for visitor in visitors:
        for _ in range(2):
            histories.add(visitor, state(), [motion()], ["Full model"])
    assert histories.results.bytes == 5 * SIZE
    oldest = visitors[0].entries[-1]
    assert histories.find(visitors[0], oldest.key) == (state(), None)
    assert GONE.endswith(".")
    seen = visitors[0].entries[0]
    assert histories.find(visitors[0], seen.key)[1]
    histories.add(visitors[2], state(), [motion()], ["Full model"])
    assert histories.find(visitors[0], seen.key)[1], "the one unseen for longest goes first"
    histories.add(visitors[2], state(), [motion(1000)], ["Full model"])
    assert histories.results.bytes == 0, "what is too large for all of it is not kept"


def test_results_go_with_the_visitor() -> None:
    histories, history = Histories(), History()
    histories.add(history, state(), [motion()], ["Full model"])
    assert deepcopy(History()).entries == []
    histories.forget(history)
    histories.forget(history)
    assert histories.results.bytes == 0


def test_labels_stay_short() -> None:
    long = Script((Scene(ALONE, 40, "a person  walks\n" + "and walks " * 20, "b"),))
    label = label_of(State(long, (Settings(seed=1), Settings(seed=2)), BODIES), ["Seed 1", "Seed 2"])
    assert label == "“a person walks and walks and walks and…” · Seed 1, Seed 2 · seeds 1, 2 · 2.0 s"
