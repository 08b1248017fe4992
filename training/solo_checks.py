"""What the texts of one person's actions promise. Thresholds were set on training clips."""

from __future__ import annotations

from intersyn.metrics import actions as body
from intersyn.metrics.actions import SIDES
from training.action_measures import (
    at_head,
    both_at,
    claps,
    head,
    higher,
    lower,
    peak,
    pitch,
    raises,
    reach,
    sideways,
    speed,
    turn,
    way,
)
from training.action_scene import HANDS, SIDE, WAY, Check

SOLOS = (
    Check("walks forward", ("walk",), 1, lambda s: speed(s) > 0.35, WAY),
    Check("runs forward", ("run",), 1, lambda s: speed(s) > 1.3, WAY),
    Check("dashes forward", ("dash",), 1, lambda s: speed(s) > 1.3, WAY),
    Check("walks backward", ("walk-back",), 1, lambda s: speed(s) < -0.2, WAY),
    Check("walks to the left", ("walk-left",), 1, lambda s: sideways(s) > 0.1, SIDE),
    Check("walks to the right", ("walk-right",), 1, lambda s: sideways(s) < -0.1, SIDE),
    Check("turns left while walking", ("walk-turn-left",), 1, lambda s: turn(s) > 20, SIDE),
    Check("turns right while walking", ("walk-turn-right",), 1, lambda s: turn(s) < -20, SIDE),
    Check("raises the left hand", ("raise-up-left-hand", "respond"), 1, raises("left", "right"), SIDE),
    Check("raises the right hand", ("raise-up-right-hand",), 1, raises("right", "left"), SIDE),
    Check("raises both hands", ("raise-up-both-hands",), 1, lambda s: lower(s) > -0.16),
    Check("waves the left hand", ("wave-left-hand",), 1, raises("left", "right"), SIDE),
    Check("waves the right hand", ("wave-right-hand",), 1, raises("right", "left"), SIDE),
    Check("waves both hands", ("wave-both-hands",), 1, lambda s: lower(s) > -0.2 and way(s) > 0.2),
    Check("waves goodbye", ("bye", "byebye"), 1, lambda s: higher(s) > -0.27 and way(s) > 0.1),
    Check("bows", ("bow",), 1, lambda s: pitch(s) > 18),
    Check("guides with a hand", ("guide",), 1, lambda s: reach(s) > 0.3 and way(s) > 0.12),
    Check("jumps", ("jump", "jump-on-the-spot"), 1, lambda s: float(body.jump_height(s.joints[0])) > 0.04),
    Check("turns cartwheels", ("cartwheel",), 1, lambda s: float(body.head_below_pelvis(s.joints[0])) > 0),
    Check(
        "balances on one leg",
        ("balance",),
        1,
        lambda s: max(float(body.foot_lift(s.joints[0], side)) for side in SIDES) > 0.15,
    ),
    Check(
        "answers the phone",
        ("answer-phone",),
        1,
        lambda s: s.seconds(0, HANDS, 0, ("left_ear", "right_ear", "left_temple", "right_temple"), 0.14) > 1,
    ),
    Check("beckons", ("beckon",), 1, lambda s: reach(s) > 0.33 and -0.36 < higher(s) < -0.1 and way(s) > 0.15),
    Check(
        "blows a kiss", ("blow-kiss",), 1, lambda s: s.touch(0, HANDS, 0, ("mouth", "chin")) < 0.1 and reach(s) > 0.25
    ),
    Check(
        "checks the watch",
        ("check-watch",),
        1,
        lambda s: (
            s.touch(0, ("left_wrist", "right_wrist"), 0, "eyes") < 0.36
            and float(body.held(body.head_angles(s.rotations[0])[1])) > 25
        ),
    ),
    Check("claps", ("clap",), 1, lambda s: claps(s, 0) >= 2),
    Check(
        "conducts",
        ("conduct",),
        1,
        lambda s: min(float(body.wrist_speed(s.joints[0], s.fps, side)) for side in SIDES) > 0.35 and lower(s) > -0.3,
    ),
    Check("covers the ears", ("cover-ears",), 1, lambda s: both_at(s, ("left_ear", "right_ear"), 0.14)),
    Check(
        "covers the face",
        ("cover-face",),
        1,
        lambda s: both_at(s, ("mouth", "eyes", "forehead", "left_cheek", "right_cheek"), 0.14),
    ),
    Check("crosses the arms", ("cross-arms",), 1, lambda s: float(body.wrists_crossed(s.joints[0])) > 0.1),
    Check("drinks", ("drink",), 1, lambda s: s.seconds(0, HANDS, 0, ("mouth", "chin"), 0.18) > 0.4),
    Check("flexes the arms", ("flex-arms",), 1, lambda s: lower(s) > -0.15),
    Check(
        "lays a hand on the heart",
        ("hand-on-heart",),
        1,
        lambda s: s.seconds(0, HANDS, 0, ("chest", "left_chest", "right_chest"), 0.14) > 0.6,
    ),
    Check(
        "puts the hands behind the head",
        ("hands-behind-head",),
        1,
        lambda s: both_at(s, ("head_back", "neck_back"), 0.16),
    ),
    Check(
        "puts the hands on the hips",
        ("hands-on-hips",),
        1,
        lambda s: all(s.seconds(0, f"{side}_palm", 0, f"{side}_hip", 0.16) > 0.5 for side in SIDES),
    ),
    Check("holds the belly", ("hold-belly",), 1, lambda s: s.seconds(0, HANDS, 0, "belly", 0.14) > 0.6),
    Check("knocks", ("knock",), 1, lambda s: reach(s) > 0.33 and way(s) > 0.3 and -0.28 < higher(s) < 0),
    Check("looks around", ("look-around",), 1, lambda s: head(s)[0] > 40 and way(s) < 0.4),
    Check(
        "marches on the spot",
        ("march-on-the-spot",),
        1,
        lambda s: (
            float(body.travel(s.joints[0])) < 0.6
            and all(float(body.foot_lift(s.joints[0], side)) > 0.08 for side in SIDES)
        ),
    ),
    Check("nods", ("nod",), 1, lambda s: head(s)[1] > max(20, 1.3 * head(s)[0]) and way(s) < 0.4),
    Check("peers with a hand over the eyes", ("peek",), 1, lambda s: at_head(s, 0.6)),
    Check(
        "picks something up",
        ("pick-up-from-floor",),
        1,
        lambda s: min(float(body.wrist_low(s.joints[0], side)) for side in SIDES) < 0.4,
    ),
    Check("points forward", ("point-forward",), 1, lambda s: reach(s) > 0.42 and -0.17 < higher(s) < 0.15),
    Check("points up", ("point-up",), 1, lambda s: higher(s) > 0.2),
    Check("prays", ("pray",), 1, lambda s: s.seconds(0, "left_palm", 0, "right_palm", 0.12) > 1),
    Check("rubs the hands", ("rub-hands",), 1, lambda s: s.seconds(0, "left_palm", 0, "right_palm", 0.14) > 1),
    Check(
        "salutes",
        ("salute",),
        1,
        lambda s: s.seconds(0, HANDS, 0, ("left_temple", "right_temple", "forehead"), 0.14) > 0.4,
    ),
    Check("scratches the head", ("scratch-head",), 1, lambda s: at_head(s)),
    Check("shakes the head", ("shake-head",), 1, lambda s: head(s)[0] > max(25, head(s)[1]) and way(s) < 0.4),
    Check(
        "shoos somebody away",
        ("shoo-away",),
        1,
        lambda s: reach(s) > 0.33 and way(s) > 0.28 and -0.42 < higher(s) < -0.1,
    ),
    Check("shrugs", ("shrug",), 1, lambda s: float(body.shoulder_rise(s.joints[0])) > 0.018 and higher(s) < -0.2),
    Check("squats", ("squat",), 1, lambda s: float(body.squat_depth(s.joints[0])) > 0.2),
    Check("holds up a flat hand", ("stop-gesture",), 1, lambda s: reach(s) > 0.38 and -0.3 < higher(s) < 0),
    Check("stretches upwards", ("stretch-up",), 1, lambda s: lower(s) > 0.2),
    Check(
        "thinks with a hand at the chin",
        ("think",),
        1,
        lambda s: s.seconds(0, HANDS, 0, ("chin", "mouth", "left_cheek", "right_cheek"), 0.14) > 0.8,
    ),
    Check("throws", ("throw",), 1, lambda s: peak(s, "left_wrist", "right_wrist") > 3),
    Check(
        "touches the toes",
        ("touch-toes",),
        1,
        lambda s: pitch(s) > 60 and max(float(body.wrist_low(s.joints[0], side)) for side in SIDES) < 0.5,
    ),
    Check("waves both hands overhead", ("wave-both-hands-overhead",), 1, lambda s: lower(s) > 0.1 and way(s) > 0.3),
    Check(
        "wipes the forehead",
        ("wipe-forehead",),
        1,
        lambda s: (
            s.touch(
                0, ("left_back_of_hand", "right_back_of_hand", *HANDS), 0, ("forehead", "left_temple", "right_temple")
            )
            < 0.1
        ),
    ),
)
