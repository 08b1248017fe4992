"""Key intervals: the frames of a clip that make it what its label says (the punch, the kick, the depth of the bow)."""

from __future__ import annotations

import torch
from torch import Tensor

from intersyn.skeleton import JOINT

MAX_KEY_FRAMES = 24

# action -> what moves at its peak. Actions not named here (walking, dancing) look alike everywhere and have no key.
_HANDS = {"left": (JOINT["left_wrist"],), "right": (JOINT["right_wrist"],)}
_HANDS["both"] = _HANDS["left"] + _HANDS["right"]
GESTURES = {
    "punch": ("speed", "both"), "slash": ("speed", "both"), "kick": ("foot", "both"), "bow": ("tilt", ""),
    "respond": ("raise", "both"), "call": ("tilt", ""), "guide": ("raise", "both"), "bye": ("raise", "both"),
    "byebye": ("raise", "both"), "wave-left-hand": ("raise", "left"), "wave-right-hand": ("raise", "right"),
    "wave-both-hands": ("raise", "both"), "raise-up-left-hand": ("raise", "left"),
    "raise-up-right-hand": ("raise", "right"), "raise-up-both-hands": ("raise", "both"),
}  # fmt: skip


def key_interval(action: str, joints: Tensor) -> tuple[int, int] | None:
    """Frames [a, b) round the peak of the action's own motion, at most 24; None for actions without a peak.

    joints (T, 22, 3) in metres, y up. The interval is where the signal stays above 70% of the way from its
    rest (its lowest tenth) to its peak, cut to 24 frames about the peak.
    """
    if action not in GESTURES:
        return None
    kind, side = GESTURES[action]
    signal = _signal(kind, side, joints)
    peak = int(signal.argmax())
    base = float(signal.quantile(0.1))
    above = signal >= base + 0.7 * (float(signal[peak]) - base)
    start, end = peak, peak + 1
    while start > 0 and bool(above[start - 1]):
        start -= 1
    while end < len(signal) and bool(above[end]):
        end += 1
    if end - start > MAX_KEY_FRAMES:
        start = max(start, min(peak - MAX_KEY_FRAMES // 2, end - MAX_KEY_FRAMES))
        end = start + MAX_KEY_FRAMES
    return start, end


def _signal(kind: str, side: str, joints: Tensor) -> Tensor:
    if kind == "tilt":
        trunk = joints[:, JOINT["neck"]] - joints[:, JOINT["pelvis"]]
        return torch.atan2(trunk[:, [0, 2]].norm(dim=-1), trunk[:, 1])
    relative = joints - joints[:, :1]
    if kind == "raise":
        return relative[:, list(_HANDS[side]), 1].amax(1)
    if kind == "foot":  # a kick lifts the foot; steps before and after it are fast too
        return joints[:, [JOINT["left_ankle"], JOINT["right_ankle"]], 1].amax(1)
    steps = relative[:, list(_HANDS[side])].diff(dim=0).norm(dim=-1).amax(1)
    return torch.cat((steps, steps[-1:]))
