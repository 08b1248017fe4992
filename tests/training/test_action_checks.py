"""Action checks: which readings a text allows, which checks are fit, what is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from intersyn.data.store import ClipStore
from intersyn.skeleton import JOINT
from tests.synthetic import motion
from training.action_checks import CHECKS, Reading, chance, clips_of, fit, keeps, real_rate, requests, strangers
from training.action_scene import Check, Scene


def scene(people: int = 1) -> Scene:
    local, root = zip(*(motion(torch.Generator().manual_seed(k), 40, 0.02 * k) for k in range(people)), strict=True)
    return Scene.of(torch.stack(local), torch.stack(root), 20.0)


def test_a_mirror_exchanges_left_and_right() -> None:
    one = scene()
    flipped = one.mirrored()
    left, right = JOINT["left_wrist"], JOINT["right_wrist"]
    torch.testing.assert_close(flipped.joints[0, :, left, 1], one.joints[0, :, right, 1], atol=1e-4, rtol=0)
    torch.testing.assert_close(flipped.point(0, "left_palm")[:, 1], one.point(0, "right_palm")[:, 1], atol=1e-3, rtol=0)
    torch.testing.assert_close(flipped.mirrored().joints, one.joints, atol=1e-4, rtol=0)


def test_points_of_a_scene_touch_themselves() -> None:
    two = scene(2)
    assert two.touch(0, "left_palm", 0, ("chest", "left_palm")) == pytest.approx(0, abs=1e-6)
    assert two.seconds(0, "left_palm", 0, "left_palm", 0.01) == pytest.approx(2.0)
    assert two.touch(0, "left_palm", 1, "chest") == pytest.approx(two.swapped().touch(1, "left_palm", 0, "chest"))


def test_what_a_text_leaves_open_is_the_models_to_choose() -> None:
    one = scene()
    shift = one.joints[0, :, JOINT["left_wrist"], 1].mean() > one.joints[0, :, JOINT["right_wrist"], 1].mean()
    higher, lower = ("left", "right") if shift else ("right", "left")

    def up(side: str) -> Check:
        other = "left" if side == "right" else "right"
        heights = [JOINT[f"{side}_wrist"], JOINT[f"{other}_wrist"]]
        return Check("up", ("x",), 1, lambda s: bool(torch.diff(s.joints[0][:, heights, 1].mean(0)) < 0))

    named, either = Reading.of(f"a person lifts the {higher} hand", 1), Reading.of("a person lifts a hand", 1)
    assert not named.either_side and either.either_side
    assert keeps(up(higher), one, named) and not keeps(up(lower), one, named)
    assert keeps(up(lower), one, replace(named, mirrored=True))
    assert keeps(up(higher), one, either) and keeps(up(lower), one, either)


def test_roles_count_where_a_text_names_them() -> None:
    two = scene(2)
    faster = Check("faster", ("x",), 2, lambda s: bool(s.joints[0].diff(dim=0).norm() > s.joints[1].diff(dim=0).norm()))
    told = Reading.of("the first person pats the second person", 2)
    assert not told.either_role and Reading.of("two people hug", 2).either_role
    assert keeps(faster, two, told) != keeps(faster, two, replace(told, swapped=True))
    assert keeps(faster, two, Reading.of("two people hug", 2))


def test_fit_is_95_percent_of_some() -> None:
    assert fit(19, 20) and not fit(18, 20) and not fit(0, 0)


def test_requests_use_held_out_texts_of_both_orders(benchmark_data: Path) -> None:
    store = ClipStore.load(benchmark_data, ("test",))
    check = next(check for check in CHECKS if "handshake" in check.actions)
    clips = clips_of(store, "handshake", 2, "test")
    assert all(a.partner == b.name and a.role == 0 for a, b in clips)
    asked = requests(check, "handshake", clips, 8, 3)
    assert len(asked) == 8 and asked == requests(check, "handshake", clips, 8, 3)
    assert {request.reading.mirrored for request in asked} == {True, False}
    for request in asked:
        assert request.timeline.num_people == 2
        assert ("left" in request.text) == request.reading.mirrored
        assert request.text.startswith("the second") == request.reading.swapped
    assert requests(check, "handshake", [], 8, 3) == []


def test_real_rates_are_counted_by_text(benchmark_data: Path) -> None:
    store = ClipStore.load(benchmark_data, ("test",))
    clips = clips_of(store, "walk", 1, "test")
    walks = next(check for check in CHECKS if check.actions == ("walk",))
    assert real_rate(walks, store, clips) == (3, 3)
    others = strangers(store, 1, "test")
    kept, asked = chance(walks, others)
    assert "walk" in others and asked == len(others) - 1 and kept < asked


def test_every_check_reads_a_scene_and_names_what_there_is() -> None:
    assert len({(check.name, action) for check in CHECKS for action in check.actions}) > 85
    for check in CHECKS:
        assert isinstance(bool(check.holds(scene(check.people))), bool)
