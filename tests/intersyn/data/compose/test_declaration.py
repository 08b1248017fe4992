from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from intersyn.data.compose.declaration import Program, read_program, read_programs
from intersyn.data.compose.document import DeclarationError

PHRASINGS = "phrasings:\n" + "".join(f"  - two people meet in way number {k}\n" for k in range(12))
ALONE = "phrasings:\n" + "".join(f"  - a person acts in way number {k}\n" for k in range(12))
HEAD = """\
name: act
people: 2
let: {pats: 2..5 whole, rate: 2.0..2.8, spot: [left_shoulder_top, left_upper_arm], lag: 0..0.3}
moments:
  - reach: 0.5..1.2
  - touch: 0.55..0.8
  - release: pats / rate
  - down: 0.5..0.8
  - end: 0.2
"""
REACH = """\
reach:
  - who: a
    part: right_palm
    to: "b.{spot}"
    when: [reach, touch, release, down]
"""


def program(tmp_path: Path, text: str, name: str = "act") -> Program:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return read_program(path)


def draw(tmp_path: Path, entries: str, seed: int = 0):
    return program(tmp_path, HEAD + entries + PHRASINGS).draw(np.random.default_rng(seed))


def test_bundled_programs_can_be_read_and_drawn():
    programs = read_programs()
    assert {"handshake", "wave-to-each-other", "salute"} <= set(programs)
    for name, each in programs.items():
        draft = each.draw(np.random.default_rng(3))
        assert draft.name == name and len(draft.looks) >= 2 * (draft.people == 2) and draft.duration > 1.0
        train, test = each.texts
        assert set(train) | set(test) == set(each.phrasings) and len(test) == round(0.2 * len(each.phrasings))
        assert set(draft.phrasings) <= set(each.phrasings)


def test_the_same_state_draws_the_same_clip_and_another_state_another(tmp_path):
    each = program(tmp_path, HEAD + REACH + PHRASINGS)
    assert each.draw(np.random.default_rng(5)) == each.draw(np.random.default_rng(5))
    assert each.draw(np.random.default_rng(5)) != each.draw(np.random.default_rng(6))
    assert pickle.loads(pickle.dumps(each)).draw(np.random.default_rng(5)) == each.draw(np.random.default_rng(5))


def test_numbers_stay_in_their_ranges_and_fill_them(tmp_path):
    each = program(tmp_path, HEAD + "formation: {apart: 0.5..0.75, turn_b: -8..8}\n" + REACH + PHRASINGS)
    rng = np.random.default_rng(0)
    drafts = [each.draw(rng) for _ in range(200)]
    apart = [draft.formation.apart for draft in drafts]
    assert 0.5 <= min(apart) < 0.51 and 0.74 < max(apart) <= 0.75
    assert all(abs(draft.formation.turns[1]) <= math.radians(8) and draft.formation.turns[0] == 0 for draft in drafts)
    assert {draft.choices["spot"] for draft in drafts} == {"left_shoulder_top", "left_upper_arm"}
    for draft in drafts:
        spot = draft.choices["spot"]
        assert draft.reaches[0].target.point == spot and draft.reaches[0].contact == (1, spot)
        assert draft.key == (draft.moments["touch"], draft.moments["release"])
        assert list(draft.moments.values()) == sorted(draft.moments.values()) and draft.duration == draft.moments["end"]


def test_both_are_drawn_for_each_and_let_is_shared(tmp_path):
    draft = draw(tmp_path, """\
reach:
  - who: both
    part: right_palm
    at: [lag, 1.0..1.3, 0]
    meets: right_palm
    when: [reach + 0..0.2, touch, release, down]
""")  # fmt: skip
    a, b = draft.reaches
    assert (a.who, b.who) == (0, 1) and (a.target.frame_of, b.target.frame_of) == (0, 1)
    assert a.target.position[0] == b.target.position[0] and a.target.position[1] != b.target.position[1]
    assert a.when[0] != b.when[0] and a.when[1:] == b.when[1:]
    assert a.contact == (1, "right_palm") and b.contact == (0, "right_palm")
    assert a.target.frame == "meeting" and a.target.palm_weight == 0.0


def test_a_palm_lies_against_what_it_goes_to_unless_it_is_said(tmp_path):
    target = draw(tmp_path, REACH + "    fingers: [3, 0, 4]\n    firm: {palm: 0.3}\n").reaches[0].target
    assert target.palm is None and target.palm_weight == 0.3
    assert target.fingers == pytest.approx((0.6, 0.0, 0.8)) and target.fingers_weight == 0.5
    assert draw(tmp_path, REACH + "    palm: down\n").reaches[0].target.palm == (0.0, -1.0, 0.0)


def test_entries_hold_only_with_their_choice(tmp_path):
    each = program(tmp_path, HEAD + REACH + "    only: {spot: left_upper_arm}\n" + PHRASINGS)
    rng = np.random.default_rng(0)
    drafts = [each.draw(rng) for _ in range(20)]
    assert all(bool(draft.reaches) == (draft.choices["spot"] == "left_upper_arm") for draft in drafts)
    assert all((draft.key is None) == (not draft.reaches) for draft in drafts)


def test_all_the_rest_in_its_units(tmp_path):
    draft = draw(tmp_path, """\
base: walking
walk: {speed: 1.1, curve: 0.2, opposite: true}
styles: [normal, sad]
approach: {who: both, by: 0.3, until: touch - 0.2, gait: walk}
posture:
  - {who: b, lean: -90, crouch: 0.1, joints: {left_elbow: [0, 180, 0]}, when: [touch, touch + 0.2], beat: {rate: 2}}
look:
  - {who: b, at: away, when: [reach, touch, release, down]}
  - {who: a, at: parcel}
steps:
  - {who: b, from: touch + 0.1, move: [-0.5, 0.1], turn: 90, pace: 0.34}
  - {who: a, from: reach, march: 0.25, until: end, pace: 0.5}
  - {who: both, from: start, orbit: 180, until: end, travel: [0.5, 0]}
  - {who: a, from: release, jump: 0.2}
things:
  parcel: {path: [{at: [0.3, 1, 0], in: own, who: b, when: always}]}
free: {both: {arms: 2, left_arm: 3}, a: {trunk: 0.7}}
balance: {a: 0.2}
yield: {b: 0.05}
limits: {penetration: 0.025}
key: [touch, release]
""")  # fmt: skip
    assert draft.walk.opposite and draft.walk.curve == 0.2 and draft.styles == ("normal", "sad")
    assert [(each.who, each.gait) for each in draft.approach] == [(0, "walk"), (1, "walk")]
    (posture,) = draft.postures
    assert posture.values == pytest.approx({"lean": -math.pi / 2, "crouch": 0.1}) and posture.beat.rate == 2
    assert posture.joints["left_elbow"] == pytest.approx((0, math.pi, 0)) and posture.when[2:] == (math.inf, math.inf)
    assert [look.target and look.target.point for look in draft.looks[:3]] == ["eyes", "eyes", None]
    assert draft.looks[3].target.thing == "parcel"
    assert [(step.who, step.kind) for step in draft.steps] == [
        (1, "move"), (0, "march"), (0, "orbit"), (1, "orbit"), (0, "jump"),
    ]  # fmt: skip
    move, march, orbit, other, jump = draft.steps
    assert move.turn == pytest.approx(math.pi / 2) and move.move == (-0.5, 0.1) and march.lift == 0.25
    assert orbit.pace == other.pace and orbit.turn == pytest.approx(math.pi) and jump.height == 0.2
    assert draft.things["parcel"].path[0][0].frame_of == 1
    assert draft.free == {(0, "trunk"): 0.7, (1, "left_arm"): 3, (1, "right_arm"): 2}
    assert draft.balance == (0.2, None) and draft.yields == (1.0, 0.05) and draft.limits == {"penetration": 0.025}


def test_what_is_there_at_the_start_was_there_before_it(tmp_path):
    held = REACH.replace("[reach, touch, release, down]", "[start, start, release, down]")
    draft = draw(tmp_path, held)
    assert draft.reaches[0].when[:2] == (-math.inf, -math.inf) and draft.key[0] == 0.0
    assert draft.delayed(2.0).reaches[0].when[:2] == (-math.inf, -math.inf)


def test_alone_one_is_a_and_in_ones_own_frame(tmp_path):
    text = HEAD.replace("people: 2", "people: 1")
    reach = "reach:\n  - {part: right_palm, at: [0.3, 1, 0], meets: left_palm, when: always}\n"
    draft = program(tmp_path, text + reach + ALONE).draw(np.random.default_rng(0))
    assert draft.reaches[0].target.frame == "own" and draft.reaches[0].contact == (0, "left_palm")
    assert draft.looks == () and draft.formation is None and draft.balance == (None,)
    assert draft.key == (0.0, draft.duration)


# What cannot be meant: where it stands in HEAD (or after it, from line 10 on) and a part of the complaint.
BROKEN = {
    "unknown key": ("recah: []\n", 10, "unknown key of a declaration 'recah'; did you mean 'reach'"),
    "unknown key of an entry": (REACH + "    fingres: up\n", 15, "did you mean 'fingers'"),
    "key said twice": (REACH + "    who: b\n", 15, "'who' is said twice"),
    "missing key": ("reach:\n  - {who: a, part: chin, to: b.chin}\n", 11, "reach needs 'when'"),
    "unknown part": (REACH.replace("right_palm", "right_plam"), 12, "did you mean 'right_palm'"),
    "unknown part of the other": (REACH.replace("{spot}", "chets"), 13, "did you mean 'chest'"),
    "unknown choice": (REACH.replace("{spot}", "{spto}"), 13, "did you mean 'spot'"),
    "unknown person": (REACH.replace("who: a", "who: c"), 11, "unknown person 'c'"),
    "nobody": (REACH.replace("who: a\n    ", ""), 11, "must say who"),
    "unknown thing": (REACH.replace('"b.{spot}"', "parcel"), 13, "'parcel'; there are none"),
    "unknown frame": ("look:\n  - {who: a, at: [1, 1, 0], in: wordl}\n", 11, "unknown frame 'wordl'"),
    "unknown moment": (REACH.replace("[reach,", "[raech,"), 14, "unknown name 'raech'; did you mean 'reach'"),
    "unknown direction": (REACH + "    palm: sideways\n", 15, "unknown direction 'sideways'"),
    "unknown joint": ("posture:\n  - {who: a, joints: {elbow: [0, 0, 1]}}\n", 11, "unknown joint 'elbow'"),
    "unknown group": ("free: {a: {rigth_arm: 1}}\n", 10, "did you mean 'right_arm'"),
    "unknown limit": ("limits: {penetratoin: 0.02}\n", 10, "did you mean 'penetration'"),
    "unknown style": ("styles: [norml]\n", 10, "did you mean 'normal'"),
    "unknown base": ("base: flying\n", 10, "unknown base 'flying'"),
    "unknown option": (REACH + "    only: {spot: chest}\n", 15, "unknown spot 'chest'"),
    "empty range": ("formation: {apart: 0.8..0.5}\n", 10, "the range 0.8..0.5 is empty"),
    "no number": ("formation: {apart: near!}\n", 10, "'near!' is no number"),
    "not positive": ("formation: {apart: -0.1..0.5}\n", 10, "apart must be above 0"),
    "division by zero": ("balance: {a: 1 / lag}\n", 10, "'1 / lag' divides by what can be 0"),
    "times out of order": (REACH.replace("touch, release", "touch, touch - 0.01"), 14, "times are out of order"),
    "times out of order in some clips": (
        REACH.replace("touch, release", "reach + 0.7 - lag, touch"), 14, "'touch' can come before 'reach + 0.7 - lag'",
    ),
    "before the start": (REACH.replace("[reach,", "[reach - 0.6,"), 14, "can be before the clip starts"),
    "three times": (REACH.replace(", down]", "]"), 14, "when is two or four times, got 3"),
    "to and at": (REACH + "    at: [0, 1, 0]\n", 11, "either 'to' or 'at'"),
    "contact with nobody": (
        "reach:\n  - {who: a, part: chin, at: [0, 1, 0], when: always, contact: true}\n", 11, "'meets'",
    ),
    "no direction": (REACH + "    palm: [0, 0, 0]\n", 15, "must not be 0"),
    "short vector": (REACH + "    arc: [0, 0]\n", 15, "3 numbers is needed, got 2"),
    "endless beat": (REACH.replace(", release, down", "") + "    beat: {times: 3, gap: 0.1}\n", 15, "its rate"),
    "beat without a way": (REACH + "    beat: {rate: 3}\n", 15, "gap and by"),
    "two steps in one": ("steps:\n  - {who: a, from: start, jump: 0.2, march: 0.2}\n", 11, "one of move"),
    "march without end": ("steps:\n  - {who: a, from: start, march: 0.2}\n", 11, "'march' needs 'until'"),
    "half an orbit": ("steps:\n  - {who: a, from: start, until: end, orbit: 90}\n", 11, "of both"),
    "walk on standing bases": ("walk: {speed: 1}\n", 10, "needs 'base: walking'"),
    "empty posture": ("posture:\n  - {who: a}\n", 11, "a posture needs one of"),
    "two approaches": (
        "approach:\n  - {who: a, by: 1, until: touch}\n  - {who: both, by: 1, until: touch}\n", 12, "twice",
    ),
    "thing without a way": ("things:\n  parcel: {path: []}\n", 11, "has no way"),
    "no YAML": ("reach: [\n", 12, "no YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_meant_fails_when_read_with_file_and_line(tmp_path, case):
    entries, line, complaint = BROKEN[case]
    with pytest.raises(DeclarationError) as caught:
        draw(tmp_path, entries)
    assert str(caught.value).startswith(f"act.yaml, line {line}: ") and complaint in str(caught.value)


HEADS = {
    "moment backwards": ("touch: 0.55..0.8", "touch: 0.1 - lag", 6, "'touch' can come 0.2 s before"),
    "moment twice": ("- touch:", "- reach:", 6, "'reach' is there already"),
    "two moments in one": ("- reach: 0.5..1.2", "- {reach: 1, hold: 1}", 5, "one moment each"),
    "reserved moment": ("- touch:", "- always:", 6, "cannot be the name"),
    "name of a later number": ("rate: 2.0..2.8", "rate: lag + 1", 3, "unknown name 'lag'"),
    "no options": ("spot: [left_shoulder_top, left_upper_arm]", "spot: []", 3, "no options"),
    "wrong name": ("name: act", "name: fact", 1, "that of the file, 'act'"),
    "three people": ("people: 2", "people: 3", 2, "1 or 2, got 3"),
    "no moments": ("moments:", "let2:", 4, "did you mean 'let'"),
}


@pytest.mark.parametrize("case", HEADS)
def test_broken_heads_fail_too(tmp_path, case):
    old, new, line, complaint = HEADS[case]
    with pytest.raises(DeclarationError) as caught:
        program(tmp_path, HEAD.replace(old, new) + PHRASINGS)
    assert str(caught.value).startswith(f"act.yaml, line {line}: ") and complaint in str(caught.value)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("two people meet in way number 3", "is line 14 again"),
        ("one person pats the other", "does not say which person"),
        ("a pat on the shoulder", "names neither"),
        ("The first person pats.", "lower-case without a full stop"),
    ],
)
def test_phrasings_say_who_and_nothing_twice(tmp_path, said, complaint):
    with pytest.raises(DeclarationError, match=f"act.yaml, line 23: .*{complaint}"):
        program(tmp_path, HEAD + PHRASINGS + f"  - {said}\n")


def test_mirrored_sentences_and_exchanged_roles_are_no_new_phrasings(tmp_path):
    first = "  - the first person lifts the left hand\n"
    for again in ("the first person lifts the right hand", "the second person lifts the left hand"):
        with pytest.raises(DeclarationError, match="line 24: .* is line 23 again"):
            program(tmp_path, HEAD + PHRASINGS + first + f"  - {again}\n")


def test_a_dozen_phrasings_are_needed_and_one_person_has_no_roles(tmp_path):
    with pytest.raises(DeclarationError, match="line 11: 12 phrasings are needed, got 11"):
        program(tmp_path, HEAD + PHRASINGS.replace("  - two people meet in way number 3\n", ""))
    with pytest.raises(DeclarationError, match="line 23: .* must be about 'a person'"):
        program(tmp_path, HEAD.replace("people: 2", "people: 1") + ALONE + "  - the first person claps\n")


def test_two_files_of_one_name_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no declarations"):
        read_programs(tmp_path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        program(tmp_path / folder, HEAD + PHRASINGS)
    with pytest.raises(DeclarationError, match="act.yaml, line 1: 'act' is also the name of .*one/act.yaml"):
        read_programs(tmp_path)
    (tmp_path / "one" / "act.yaml").write_text("# nothing\n")
    with pytest.raises(DeclarationError, match="act.yaml, line 1: the file is empty"):
        read_programs(tmp_path / "one")
