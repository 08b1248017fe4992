"""The body as capsules on the 22 joints: fast, differentiable depth of one body inside another, and of one in itself.

The capsules are those of the default body and end a little inside its skin, mostly by less than a centimetre, so that
a touch is no penetration. This is what solvers, training and quick metrics use; exact figures need meshes. Every end of
a capsule is a weighted sum of joints, so that it follows the pose without rotations; only where hands and head point is
asked of the rotations, if there are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.rotations import quaternion_apply
from intersyn.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS, REST_JOINTS

# Points of hands and head that no joint marks: the joint that carries each, and its offset at rest in metres.
TIPS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "left_fingers": ("left_wrist", (0.168, -0.0125, 0.007)),
    "right_fingers": ("right_wrist", (-0.168, -0.0125, 0.007)),
    "face": ("head", (0.0, 0.005, 0.042)),
    "crown": ("head", (0.0, 0.088, 0.003)),
}
_POINT = {name: k for k, name in enumerate((*JOINT_NAMES, *TIPS))}


@dataclass(frozen=True)
class Capsule:
    """All points within a radius of an axis; the radius goes linearly from one end to the other.

    start, end: the weight of each joint or tip in that end, summing to 1. radius: metres at start and end.
    """

    name: str
    group: str
    start: dict[str, float]
    end: dict[str, float]
    radius: tuple[float, float]


def _bone(group: str, name: str, a: str, b: str, first: float, last: float, *radius: float) -> list[Capsule]:
    """Along the bone from joint a to b, between these fractions of it (below 0, beyond 1: longer than the bone)."""
    sides = ("left_", "right_") if _POINT.get(a) is None else ("",)
    return [
        Capsule(
            side + name,
            side + group,
            {side + a: 1 - first, side + b: first},
            {side + a: 1 - last, side + b: last},
            (radius[0], radius[-1]),
        )
        for side in sides
    ]


def _across(name: str, centre: dict[str, float], width: dict[str, float], radius: float) -> Capsule:
    """Across the trunk: its middle from weights, from there both ways by so much of the line from right to left."""
    middle: dict[str, float] = {}
    for point, weight in centre.items():
        for joint in (point,) if point in _POINT else (f"left_{point}", f"right_{point}"):
            middle[joint] = middle.get(joint, 0.0) + weight / (1 if point in _POINT else 2)
    ends = []
    for sign in (1.0, -1.0):
        end = dict(middle)
        for point, part in width.items():
            end[f"left_{point}"] = end.get(f"left_{point}", 0.0) + sign * part
            end[f"right_{point}"] = end.get(f"right_{point}", 0.0) - sign * part
        ends.append(end)
    return Capsule(name, "torso", ends[0], ends[1], (radius, radius))


# Fitted to the skin of the default body in poses of real people. A flat trunk takes lines across it: lines along it
# leave grooves as wide as its flanks. Weights beyond 0..1 set an axis before or behind the joints.
CAPSULES: tuple[Capsule, ...] = (
    _across("buttocks", {"pelvis": -2.8, "hip": 2.5, "spine1": 1.3}, {"hip": 0.42}, 0.099),
    _across("hips", {"pelvis": 1.5, "hip": -0.5}, {"hip": 0.33}, 0.087),
    _across("waist", {"pelvis": 0.26, "spine1": 0.48, "spine3": 0.26}, {"hip": 0.32}, 0.076),
    _across("belly", {"spine1": 0.44, "spine3": 0.56}, {"hip": 0.21, "collar": 0.14}, 0.079),
    _across("ribs", {"spine3": 1.0}, {"collar": 0.39}, 0.097),
    _across("chest", {"spine3": 0.44, "collar": 0.56}, {"collar": 0.43}, 0.107),
    _across("collars", {"spine3": 0.25, "collar": 0.75}, {"collar": 0.48}, 0.086),
    *_bone("head", "neck", "neck", "head", -0.4, 1.18, 0.071, 0.051),
    *_bone("head", "skull", "face", "crown", 0.0, 1.0, 0.053, 0.087),
    *_bone("shoulder", "shoulder_blade", "collar", "shoulder", 0.28, 0.77, 0.065, 0.052),
    *_bone("arm", "upper_arm", "shoulder", "elbow", 0.04, 0.99, 0.050, 0.032),
    *_bone("arm", "forearm", "elbow", "wrist", 0.16, 1.08, 0.035, 0.025),
    *_bone("hand", "hand", "wrist", "fingers", 0.25, 0.93, 0.019, 0.011),
    *_bone("leg", "thigh", "hip", "knee", 0.14, 0.99, 0.084, 0.048),
    *_bone("leg", "shin", "knee", "ankle", -0.01, 1.05, 0.053, 0.031),
    *(
        Capsule(
            f"{side}_foot",
            f"{side}_leg",
            {f"{side}_ankle": 1.2, f"{side}_knee": -0.1, f"{side}_foot": -0.1},
            {f"{side}_foot": 1.49, f"{side}_ankle": -0.55, f"{side}_knee": 0.06},
            (0.038, 0.026),
        )
        for side in ("left", "right")
    ),
)
CAPSULE = {capsule.name: k for k, capsule in enumerate(CAPSULES)}
RADII = torch.tensor([capsule.radius for capsule in CAPSULES])  # (C, 2) metres at start and end
TIP_JOINTS = [JOINT[joint] for joint, _ in TIPS.values()]
TIP_OFFSETS = torch.tensor([offset for _, offset in TIPS.values()])
_HAND = 0.67  # from wrist to fingertips, in lengths of the forearm
END_WEIGHTS = torch.zeros(2 * len(CAPSULES), len(_POINT))  # (2 C, 26): first all starts, then all ends
for _k, _capsule in enumerate(CAPSULES):
    for _row, _weights in ((_k, _capsule.start), (_k + len(CAPSULES), _capsule.end)):
        for _name, _weight in _weights.items():
            END_WEIGHTS[_row, _POINT[_name]] = _weight


def _group(*names: str) -> tuple[int, ...]:
    sided = {side + name for side in ("", "left_", "right_") for name in names}
    return tuple(k for k, capsule in enumerate(CAPSULES) if capsule.group in sided)


# Indices into CAPSULES, by part of the body. Hands are part of the arms, shoulder blades of the torso.
TORSO, HEAD, LEGS = _group("torso", "shoulder"), _group("head"), _group("leg")
ARMS, HANDS = _group("arm", "hand"), _group("hand")
EVERYTHING = tuple(range(len(CAPSULES)))


def pairs_of(first: Sequence[int], second: Sequence[int]) -> Tensor:
    """Every capsule of `first` with every one of `second`: (K, 2) indices into CAPSULES, for `penetration_depth`."""
    return torch.cartesian_prod(torch.tensor(first), torch.tensor(second))


@cache
def self_pairs() -> Tensor:
    """Capsules of one body that must not enter one another: (K, 2) indices into CAPSULES, see `capsule_overlap`.

    Arms with torso, head, legs and the other arm, and legs with each other. Those that overlap in the T-pose already
    (upper arm and chest) are left out: skin folds there.
    """
    sides = [[_group(f"{side}_{part}") for side in ("left", "right")] for part in ("arm", "hand", "leg")]
    (left_arm, right_arm), (left_hand, right_hand), (left_leg, right_leg) = sides
    arms = pairs_of(left_arm + left_hand, right_arm + right_hand)
    pairs = torch.cat((pairs_of(ARMS, TORSO + HEAD + LEGS), arms, pairs_of(left_leg, right_leg)))
    ends = capsule_ends(REST_JOINTS)
    return pairs[capsule_overlap(ends, ends, pairs) == 0]


def capsule_ends(joints: Tensor, rotations: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Both ends (..., C, 3) of every capsule's axis, from joints (..., 22, 3) in metres.

    rotations (..., 22, 4): global quaternions of the same poses, which say where hands and head are turned; without
    them hands go straight on from the forearms, and the head sits on the neck as it does at rest. Raises `ValueError`
    for other shapes.
    """
    if joints.ndim < 2 or tuple(joints.shape[-2:]) != (NUM_JOINTS, 3):
        raise ValueError(f"joints must be (..., {NUM_JOINTS}, 3), got {tuple(joints.shape)}")
    if rotations is not None and rotations.shape != (*joints.shape[:-1], 4):
        raise ValueError(f"rotations must be {(*joints.shape[:-1], 4)}, got {tuple(rotations.shape)}")
    with torch.autocast(joints.device.type, enabled=False):  # bfloat16 is 6 mm coarse at a man's height
        joints = joints.float() if joints.dtype in (torch.float16, torch.bfloat16) else joints
        if rotations is None:
            tips = _straight_tips(joints)
        else:
            offsets = quaternion_apply(rotations[..., TIP_JOINTS, :].to(joints), TIP_OFFSETS.to(joints))
            tips = joints[..., TIP_JOINTS, :] + offsets
        points = torch.cat((joints, tips), dim=-2)
        ends = (END_WEIGHTS.to(joints) @ _rows(points)).view(3, 2 * len(CAPSULES), *points.shape[:-2])
        ends = ends.movedim((0, 1), (-1, -2))
    return ends[..., : len(CAPSULES), :], ends[..., len(CAPSULES) :, :]


def _straight_tips(joints: Tensor) -> Tensor:
    """TIPS (..., 4, 3) of people who keep hands and head as they are at rest."""
    elbows, wrists = (joints[..., [JOINT[f"left_{name}"], JOINT[f"right_{name}"]], :] for name in ("elbow", "wrist"))
    head = _neck_axes(joints) @ (_neck_axes(REST_JOINTS.to(joints)).mT @ TIP_OFFSETS[2:].to(joints).mT)
    return torch.cat((wrists + _HAND * (wrists - elbows), joints[..., JOINT["head"], None, :] + head.mT), dim=-2)


def _neck_axes(joints: Tensor) -> Tensor:
    """(..., 3, 3) with columns left, along the neck, and forward."""
    along = F.normalize(joints[..., JOINT["head"], :] - joints[..., JOINT["neck"], :], dim=-1)
    left = joints[..., JOINT["left_collar"], :] - joints[..., JOINT["right_collar"], :]
    left = F.normalize(left - (left * along).sum(-1, keepdim=True) * along, dim=-1)
    return torch.stack((left, along, torch.linalg.cross(left, along, dim=-1)), dim=-1)


def _closest(p1: Tensor, q1: Tensor, p2: Tensor, q2: Tensor) -> tuple[Tensor, Tensor]:
    """Where along two segments (0..1, without gradient) they are nearest to each other: (..., 1) each."""
    with torch.no_grad():
        d1, d2, r = q1 - p1, q2 - p2, p1 - p2
        a, e, b = d1.square().sum(-1, True), d2.square().sum(-1, True), (d1 * d2).sum(-1, True)
        c, f = (d1 * r).sum(-1, True), (d2 * r).sum(-1, True)
        area = a * e - b * b
        apart = area > 1e-6 * a * e  # parallel axes: any point of the first will do to start from
        s = torch.where(apart, (b * f - c * e) / torch.where(apart, area, 1.0), 0.0).clamp(0, 1)
        t = ((b * s + f) / e).clamp(0, 1)
        return ((b * t - c) / a).clamp(0, 1), t


def _length(x: Tensor) -> Tensor:
    """Norm (...) of vectors (..., 3), with a gradient at zero too."""
    return (x.square().sum(-1) + 1e-12).sqrt()


def segment_distance(p1: Tensor, q1: Tensor, p2: Tensor, q2: Tensor) -> Tensor:
    """Least distance (...) between segments p1 q1 and p2 q2, all (..., 3), broadcasting; no segment may be a point.

    Differentiable: the closest points are found without gradients, which changes nothing where they are unique.
    """
    s, t = _closest(p1, q1, p2, q2)
    return _length(torch.lerp(p1, q1, s) - torch.lerp(p2, q2, t))


def capsule_gap(ends_a: tuple[Tensor, Tensor], ends_b: tuple[Tensor, Tensor], pairs: Tensor) -> Tensor:
    """Gap (..., K) in metres between the surfaces of capsules, negative where they overlap; see `capsule_ends`.

    pairs (K, 2): indices into CAPSULES of a and of b. For where things are apart: `capsule_overlap` passes over those.
    """
    (first, second), radii = pairs.to(ends_a[0].device).unbind(-1), RADII.to(ends_a[0])
    (pa, qa), (pb, qb) = (x[..., first, :] for x in ends_a), (x[..., second, :] for x in ends_b)
    s, t = _closest(pa, qa, pb, qb)
    radius = torch.lerp(*radii[first].unbind(-1), s[..., 0]) + torch.lerp(*radii[second].unbind(-1), t[..., 0])
    return _length(torch.lerp(pa, qa, s) - torch.lerp(pb, qb, t)) - radius


def capsule_overlap(
    ends_a: tuple[Tensor, Tensor], ends_b: tuple[Tensor, Tensor], pairs: Tensor | None = None
) -> Tensor:
    """How deep capsules lie in one another, metres, 0 where they are apart: (..., K) for `pairs`, else (..., C, C).

    See `capsule_contacts`, of which this is the dense form.
    """
    where, depth = capsule_contacts(ends_a, ends_b, pairs)
    count = len(CAPSULES) ** 2 if pairs is None else len(pairs)
    dense = depth.new_zeros(*ends_a[0].shape[:-2], count).index_put(where, depth)
    return dense if pairs is not None else dense.unflatten(-1, (len(CAPSULES), -1))


def capsule_contacts(
    ends_a: tuple[Tensor, Tensor], ends_b: tuple[Tensor, Tensor], pairs: Tensor | None = None
) -> tuple[tuple[Tensor, ...], Tensor]:
    """Where capsules lie in one another, indices (n) into each axis of (..., K), and how deep they do, (n) metres.

    ends_a, ends_b: what `capsule_ends` gave for two bodies of the same shape, or for one body twice; pairs (K, 2)
    indices into CAPSULES, of the first and of the second body, by default every capsule with every other, the second
    body's running faster. Differentiable, but the points where tapering capsules are nearest are taken as given.
    Raises `ValueError` for other shapes.
    """
    if ends_a[0].shape != ends_b[0].shape:
        raise ValueError(f"bodies need the same shape, got {tuple(ends_a[0].shape)} and {tuple(ends_b[0].shape)}")
    if pairs is not None and (pairs.ndim != 2 or pairs.shape[-1] != 2):
        raise ValueError(f"pairs must be (K, 2), got {tuple(pairs.shape)}")
    a, b = (torch.stack([_rows(end) for end in ends]) for ends in (ends_a, ends_b))  # (2, 3, C, M)
    with torch.no_grad():
        near = _spheres_meet(a, b, pairs if pairs is None else pairs.to(a.device))
        pair, pose = near.nonzero(as_tuple=True)
        deep = _depth(a, b, pairs, pair, pose) > 0  # few do: gradients only through those
        pair, pose = pair[deep], pose[deep]
    return (*torch.unravel_index(pose, ends_a[0].shape[:-2]), pair), _depth(a, b, pairs, pair, pose)


def _rows(points: Tensor) -> Tensor:
    """Points (..., C, 3) as (3, C, M): what is done to a capsule's x is done to all M of them at once."""
    return points.movedim((-1, -2), (0, 1)).reshape(3, points.shape[-2], -1)


def _spheres_meet(a: Tensor, b: Tensor, pairs: Tensor | None) -> Tensor:
    """Whether the spheres round capsules meet, (K, M), of ends (2, 3, C, M)."""
    wide = RADII.to(a).amax(-1)[:, None]
    spheres = [(*((p + q) / 2), (p - q).square().sum(0).sqrt() / 2 + wide) for p, q in (a, b)]  # x, y, z, radius
    if pairs is None:
        x, y, z, reach = ((of_a[:, None], of_b) for of_a, of_b in zip(*spheres, strict=True))
    else:
        x, y, z, reach = ((of_a[pairs[:, 0]], of_b[pairs[:, 1]]) for of_a, of_b in zip(*spheres, strict=True))
    apart = (x[0] - x[1]).square_() + (y[0] - y[1]).square_() + (z[0] - z[1]).square_()
    return (apart < (reach[0] + reach[1]).square_()).flatten(0, -2)


def _depth(a: Tensor, b: Tensor, pairs: Tensor | None, pair: Tensor, pose: Tensor) -> Tensor:
    """How deep the capsules of `pair` (n) lie in one another in `pose` (n), of ends (2, 3, C, M)."""
    count = len(CAPSULES)
    first, second = (pair // count, pair % count) if pairs is None else pairs.to(a.device)[pair].unbind(-1)
    (pa, qa), (pb, qb) = a[:, :, first, pose].mT, b[:, :, second, pose].mT
    s, t = _closest(pa, qa, pb, qb)
    radii = RADII.to(a)
    radius = torch.lerp(*radii[first].unbind(-1), s[:, 0]) + torch.lerp(*radii[second].unbind(-1), t[:, 0])
    return radius - _length(torch.lerp(pa, qa, s) - torch.lerp(pb, qb, t))


def penetration_depth(
    joints_a: Tensor,
    joints_b: Tensor,
    pairs: Tensor | None = None,
    rotations: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """How deep one body is in another: `capsule_overlap` from their joints (..., 22, 3) in metres, in one frame.

    rotations: global quaternions (..., 22, 4) of both, see `capsule_ends`. Differentiable.
    """
    turned_a, turned_b = rotations if rotations is not None else (None, None)
    return capsule_overlap(capsule_ends(joints_a, turned_a), capsule_ends(joints_b, turned_b), pairs)
