"""Depth of skins by interaction: the table from made-up depths, and what an interaction is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.suite_meshes import TOGETHER, Depth, kind_of, mesh_figures


def hugs(*means: float) -> list[list[Depth]]:
    """One hug in every sequence."""
    return [[Depth("hug", "composed", mean, 2 * mean)] for mean in means]


def test_means_ratios_and_what_rec_takes_off() -> None:
    salsa = [[Depth("salsa", "captured", 0.5, 1.0)]]
    found = {"real": hugs(10, 20) + salsa, "full": hugs(12, 24) + salsa, "no_rec": hugs(16, 29) + salsa}
    rows = mesh_figures(found, "real")
    assert [(row["name"], row["source"], row["n"]) for row in rows] == [
        ("all", "", 3), ("all", "captured", 1), ("all", "composed", 2), ("salsa", "captured", 1), ("hug", "composed", 2)
    ]  # fmt: skip
    hug = rows[-1]
    assert hug["depth mm"] == {"real": 15, "full": 18, "no_rec": 22.5}
    assert hug["deepest mm"] == {"real": 30, "full": 36, "no_rec": 45}
    assert hug["ratio"] == pytest.approx({"full": 1.2, "no_rec": 1.5})
    # changes of -4 and -5: 1.96 s / sqrt(2) with s = sqrt(1 / 2)
    assert hug["REC"] == pytest.approx({"mean": -4.5, "plus_minus": 1.959964 / 2})
    assert rows[0]["depth mm"]["full"] == pytest.approx(36.5 / 3)


def test_a_ratio_needs_people_who_touch_and_a_change_two_interactions() -> None:
    salsa = [[Depth("salsa", "captured", 0.5, 1.0)]]
    row = mesh_figures({"real": salsa, "full": salsa, "no_rec": salsa}, "real")[-1]
    assert row["ratio"] == {} and "REC" not in row


def test_without_interactions_there_is_no_table() -> None:
    assert mesh_figures({"real": [[]], "full": [[]]}, "real") == []


def test_what_an_interaction_is_called(store_folder) -> None:
    from intersyn.data.store import FILE_NAME, ClipStore

    clips = [clip for clip in ClipStore.load(store_folder / FILE_NAME).clips if clip.partner]
    first = clips[0]
    second = next(clip for clip in clips if clip.name == first.partner)
    assert kind_of(first, second) == (first.action, "captured")
    composed = replace(first, source="composed")
    assert kind_of(composed, second) == (first.action, "composed")
    assert kind_of(first, first) == (TOGETHER, "placed")
