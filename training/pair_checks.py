"""What the texts of two people's actions promise. Thresholds were set on training clips."""

from __future__ import annotations

from intersyn.metrics import actions as body
from intersyn.metrics import encounters
from intersyn.metrics.actions import SIDES
from training.action_measures import (
    BACK,
    HEAD,
    TRUNK,
    acts,
    bearing,
    claps,
    clasp,
    embraced,
    goes,
    hand_range,
    hands_meet,
    higher,
    holding,
    lays_hand,
    lowered,
    meeting_height,
    near,
    pitch,
    turned,
    way,
)
from training.action_scene import HANDS, PALMS, ROLE, WAY, Check

PAIRS = (
    Check("shake hands", ("handshake", "walk-up-and-shake-hands"), 2, lambda s: hands_meet(s, 0.12, 0.5)),
    Check(
        "shakes hands with both hands",
        ("two-handed-handshake",),
        2,
        lambda s: all(
            s.touch(0, f"{side}_palm", 1, ("right_palm", "right_back_of_hand", "left_palm", "left_back_of_hand")) < 0.12
            for side in SIDES
        ),
        ROLE,
    ),
    Check("high-five", ("high-five",), 2, lambda s: hands_meet(s) and clasp(s) < 0.6 and meeting_height(s) > 0),
    Check("low-five", ("low-five",), 2, lambda s: hands_meet(s) and clasp(s) < 0.9 and meeting_height(s) < -0.3),
    Check(
        "high-five with both hands",
        ("double-high-five",),
        2,
        lambda s: all(s.touch(0, f"{side}_palm", 1, PALMS) < 0.12 for side in SIDES) and meeting_height(s) > 0,
    ),
    Check(
        "bump fists",
        ("fist-bump",),
        2,
        lambda s: hands_meet(s) and clasp(s) < 0.9 and -0.5 < meeting_height(s) < -0.1,
    ),
    Check(
        "clap each other's hands",
        ("clapping-game",),
        2,
        lambda s: s.touch(0, PALMS, 1, PALMS) < 0.08 and all(claps(s, p) >= 2 for p in (0, 1)),
    ),
    Check(
        "raise joined hands",
        ("cheer-together",),
        2,
        lambda s: hands_meet(s, 0.14, 0.3) and all(higher(s, p) > 0 for p in (0, 1)),
    ),
    Check("hug", ("hug", "walk-up-and-hug"), 2, lambda s: near(s) < 0.5 and all(embraced(s, p) for p in (0, 1))),
    Check("hug from the side", ("side-hug",), 2, lambda s: near(s) < 0.6 and all(embraced(s, p) for p in (0, 1))),
    Check(
        "lays an arm round the shoulders",
        ("arm-round-shoulders",),
        2,
        lambda s: lays_hand(
            s, ("left_shoulder_top", "right_shoulder_top", *BACK, "left_upper_arm", "right_upper_arm"), 0.14
        ),
        ROLE,
    ),
    Check(
        "pats the shoulder",
        ("pat-on-the-shoulder", "comfort"),
        2,
        lambda s: lays_hand(
            s, ("left_shoulder_top", "right_shoulder_top", "left_upper_arm", "right_upper_arm", *BACK), 0.14
        ),
        ROLE,
    ),
    Check("pats the head", ("head-pat",), 2, lambda s: lays_hand(s, HEAD, 0.12), ROLE),
    Check(
        "taps on the back",
        ("tap-on-the-back",),
        2,
        lambda s: lays_hand(s, (*BACK, "left_shoulder_top", "right_shoulder_top"), 0.12),
        ROLE,
    ),
    Check("slaps", ("slap",), 2, lambda s: lays_hand(s, HEAD, 0.12) and acts(s), ROLE),
    Check(
        "punches at the other",
        ("punch-recoil", "punch-dodge"),
        2,
        lambda s: s.touch(0, HANDS, 1, HEAD) < 0.45 and acts(s),
        ROLE,
    ),
    Check(
        "kicks at the other",
        ("kick-block",),
        2,
        lambda s: (
            max(float(body.foot_lift(s.joints[0], side)) for side in SIDES)
            > max(0.4, 0.2 + max(float(body.foot_lift(s.joints[1], side)) for side in SIDES))
        ),
        ROLE,
    ),
    Check(
        "pushes the other back",
        ("push",),
        2,
        lambda s: lays_hand(s, TRUNK, 0.2) and float(encounters.retreat(s.joints, 1)) > 0.1,
        ROLE,
    ),
    Check(
        "hand something over",
        ("hand-over", "hand-over-both-hands"),
        2,
        lambda s: s.touch(0, HANDS, 1, HANDS) < 0.13 and clasp(s) < 2,
    ),
    Check(
        "whispers",
        ("whisper",),
        2,
        lambda s: (
            s.touch(0, "mouth", 1, ("left_ear", "right_ear")) < 0.3
            and s.touch(0, "mouth", 1, ("left_ear", "right_ear")) < s.touch(1, "mouth", 0, ("left_ear", "right_ear"))
        ),
        ROLE,
    ),
    Check("points while the other looks", ("point-and-look",), 2, lambda s: higher(s, 0) > higher(s, 1) + 0.25, ROLE),
    Check(
        "leads by the hand",
        ("lead-by-the-hand", "pull-by-the-hand"),
        2,
        lambda s: hands_meet(s, 0.14, 1.0) and float(encounters.ahead(s.joints)) > 0.1,
        ROLE,
    ),
    Check("walk hand in hand", ("walk-hand-in-hand",), 2, lambda s: holding(s) and goes(s) > 0.6, WAY),
    Check("walk arm in arm", ("walk-arm-in-arm",), 2, lambda s: near(s) < 0.7 and goes(s) > 0.6, WAY),
    Check(
        "stand back to back",
        ("back-to-back",),
        2,
        lambda s: near(s) < 0.5 and all(float(encounters.facing(s.joints, p)[-1]) > 120 for p in (0, 1)),
    ),
    Check(
        "bow to each other",
        ("bow-to-each-other",),
        2,
        lambda s: all(pitch(s, p) > 7 and lowered(s, p) > 0.018 for p in (0, 1)),
    ),
    Check("circle each other", ("circle-each-other",), 2, lambda s: abs(float(encounters.circling(s.joints))) > 60),
    Check(
        "wave to each other",
        ("wave-to-each-other",),
        2,
        lambda s: all(higher(s, p) > -0.18 and way(s, p) > 0.35 for p in (0, 1)),
    ),
    Check(
        "mirror each other",
        ("mirror",),
        2,
        lambda s: (
            all(bearing(s, p) < 40 and hand_range(s, p) > 0.4 for p in (0, 1)) and encounters.mirroring(s.joints) > 0.5
        ),
    ),
    Check(
        "twirls under the other's hand",
        ("twirl",),
        2,
        lambda s: turned(s, 1) > max(180, 90 + turned(s, 0)),
        ROLE,
    ),
    Check("waltz", ("waltz",), 2, lambda s: holding(s, 0.5) and near(s) < 0.7),
    Check(
        "dance salsa",
        ("salsa",),
        2,
        lambda s: holding(s, 0.4, 0.25) and float(encounters.apart(s.joints).median()) < 0.9,
    ),
)
