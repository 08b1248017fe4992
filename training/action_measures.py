"""Words for the tables of action checks: measures of one scene, made of the pure functions in `intersyn.metrics`.

A scene is one motion as an action's clips are stored: composed actions are played with the right hand, and person 0 is
the one the texts call the first. Metres, seconds, degrees.
"""

from __future__ import annotations

from collections.abc import Callable

from intersyn.metrics import actions as body
from intersyn.metrics import encounters
from intersyn.metrics.actions import SIDES
from intersyn.skeleton import JOINT
from training.action_scene import HANDS, PALMS, Scene

HEAD = ("forehead", "eyes", "mouth", "chin", "head_top", "head_back", "left_ear", "right_ear", "left_temple",
        "right_temple", "left_cheek", "right_cheek")  # fmt: skip
TRUNK = ("chest", "belly", "upper_back", "lower_back", "left_upper_back", "right_upper_back", "left_side", "right_side",
         "left_chest", "right_chest", "left_shoulder_top", "right_shoulder_top", "left_upper_arm",
         "right_upper_arm")  # fmt: skip
BACK = ("upper_back", "lower_back", "left_upper_back", "right_upper_back", "neck_back")


def speed(s: Scene) -> float:
    return float(body.forward_speed(s.joints[0], s.fps))


def sideways(s: Scene) -> float:
    return float(body.sideways_speed(s.joints[0], s.fps))


def turn(s: Scene, person: int = 0) -> float:
    return float(body.turning(s.joints[person]))


def turned(s: Scene, person: int) -> float:
    return float(body.turn_range(s.joints[person]))


def rise(s: Scene, side: str, person: int = 0) -> float:
    return float(body.wrist_rise(s.joints[person], side))


def higher(s: Scene, person: int = 0) -> float:
    return max(rise(s, side, person) for side in SIDES)


def lower(s: Scene) -> float:
    return min(rise(s, side) for side in SIDES)


def reach(s: Scene) -> float:
    return max(float(body.arm_reach(s.joints[0], side)) for side in SIDES)


def way(s: Scene, person: int = 0) -> float:
    """The faster wrist's mean speed."""
    return max(float(body.wrist_speed(s.joints[person], s.fps, side)) for side in SIDES)


def peak(s: Scene, *joints: str) -> float:
    return max(float(body.peak_speed(s.joints[0], s.fps, joint)) for joint in joints)


def pitch(s: Scene, person: int = 0) -> float:
    return float(body.trunk_pitch(s.joints[person]))


def head(s: Scene) -> tuple[float, float]:
    """Degrees that the head goes through: yaw, pitch."""
    yaw, pitch = body.head_angles(s.rotations[0])
    return float(body.spread(yaw)), float(body.spread(pitch))


def at_head(s: Scene, seconds: float = 0.4, within: float = 0.14) -> bool:
    return s.seconds(0, HANDS, 0, HEAD, within) >= seconds


def both_at(s: Scene, points: tuple[str, ...], within: float) -> bool:
    return all(s.touch(0, tuple(h for h in HANDS if h.startswith(side)), 0, points) < within for side in SIDES)


def raises(side: str, other: str) -> Callable[[Scene], bool]:
    return lambda s: rise(s, side) > -0.16 and rise(s, side) > rise(s, other) + 0.15


def hands_meet(s: Scene, within: float = 0.12, seconds: float = 0.0) -> bool:
    return s.seconds(0, HANDS, 1, HANDS, within) >= max(seconds, 1 / s.fps)


def meeting_height(s: Scene) -> float:
    """The hands' height at their nearest, less the lower of the two necks, in metres."""
    best = int(s.distance(0, PALMS, 1, PALMS).argmin())
    points = [s.point(p, name)[best] for p in (0, 1) for name in PALMS]
    gaps = [(float((a - b).norm()), float((a + b)[1] / 2)) for a in points[:2] for b in points[2:]]
    return min(gaps)[1] - float(s.joints[:, best, JOINT["neck"], 1].amin())


def acts(s: Scene, margin: float = 0.05) -> bool:
    """The first person puts a hand out farther than the second does."""
    return float(encounters.reach(s.joints, 0) - encounters.reach(s.joints, 1)) > margin


def lays_hand(s: Scene, points: tuple[str, ...], within: float) -> bool:
    """The first person's hand comes to those points of the second, and nearer than the other way about."""
    there = s.touch(0, HANDS, 1, points)
    return there < within and there < s.touch(1, HANDS, 0, points)


def holding(s: Scene, share: float = 0.6, within: float = 0.14) -> bool:
    return float((s.distance(0, HANDS, 1, HANDS) < within).float().mean()) >= share


def embraced(s: Scene, person: int) -> bool:
    return s.touch(person, HANDS, 1 - person, (*BACK, "left_side", "right_side", "left_shoulder_top",
                                               "right_shoulder_top")) < 0.16  # fmt: skip


def claps(s: Scene, person: int) -> int:
    """How often a person's own palms meet."""
    return body.meetings(s.distance(person, "left_palm", person, "right_palm"), 0.06, 0.075)


def clasp(s: Scene) -> float:
    """The longest time in seconds that a hand stays at the other's."""
    return s.seconds(0, HANDS, 1, HANDS, 0.12)


def lowered(s: Scene, person: int) -> float:
    """How far the head goes down, in metres."""
    return float(body.spread(s.joints[person, :, JOINT["head"], 1]))


def hand_range(s: Scene, person: int) -> float:
    """How far a person's hands go up and down: the farther of both, in metres."""
    return max(float(body.spread(s.joints[person, :, JOINT[f"{side}_wrist"], 1])) for side in SIDES)


def goes(s: Scene) -> float:
    return min(float(body.travel(joints)) for joints in s.joints)


def near(s: Scene) -> float:
    return float(encounters.apart(s.joints).amin())


def bearing(s: Scene, person: int) -> float:
    """How far off the other a person faces, in degrees, averaged over frames."""
    return float(encounters.facing(s.joints, person).mean())
