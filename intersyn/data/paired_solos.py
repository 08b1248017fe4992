"""Paired solos: two-person interactions made of real solo clips placed with respect to each other.

They stand in for recorded pairs where a gesture is answered without touching (waves, bows, walking together). All
checks are made once: a bank of placements that never interpenetrate is built at the start and drawn from later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.data.fusion import SPARE_FRAMES
from intersyn.data.material import Material, moved
from intersyn.data.pairings import PAIRINGS, Pairing
from intersyn.data.pairs import PairDraw, TextPool
from intersyn.data.sampling import LengthSampler, draw_start
from intersyn.data.store import Clip, ClipStore
from intersyn.rotations import rotate_xz, wrap_angle
from intersyn.skeleton import JOINT, NUM_JOINTS
from intersyn.timeline import MIN_INTERACTION_FRAMES

MIN_PELVIS_DISTANCE = 0.5  # metres on the floor
HEADING_FRAMES = 8  # a walker's heading sways with the gait: it is averaged over this many frames to either side
REACH = 1.9  # metres between pelvises beyond which two bodies cannot touch
CHECK_STEP = 2  # frames between two checks of the bodies' distance
LONGEST_PAIR = 160  # frames
PAIRED_SOLOS = 12_000  # placements in the bank
_AIMS = {"hand": "wrist", "foot": "ankle"}
_BONE_MIDDLES = (
    ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"), ("left_shoulder", "left_elbow"),
    ("right_shoulder", "right_elbow"), ("left_hip", "left_knee"), ("right_hip", "right_knee"),
    ("left_knee", "left_ankle"), ("right_knee", "right_ankle"),
)  # fmt: skip
# Radius in metres of the body round a joint; hands reach beyond the wrist.
_RADIUS = torch.tensor([0.05] * NUM_JOINTS + [0.05, 0.05, 0.05, 0.05, 0.08, 0.08, 0.06, 0.06])
for _name, _value in {
    "pelvis": 0.13, "spine1": 0.13, "spine2": 0.13, "spine3": 0.13, "neck": 0.07, "head": 0.11, "left_wrist": 0.09,
    "right_wrist": 0.09, "left_hip": 0.10, "right_hip": 0.10, "left_shoulder": 0.08, "right_shoulder": 0.08,
}.items():  # fmt: skip
    _RADIUS[JOINT[_name]] = _value


@dataclass(frozen=True)
class _Bank:
    """N checked placements: row (N, 2) store rows at pair frame 0, frames (N,), key (N, 2), and how each is placed."""

    row: np.ndarray
    frames: np.ndarray
    key: np.ndarray
    mirror: np.ndarray
    yaw: np.ndarray
    shift: np.ndarray
    pairing: np.ndarray


class PairedSolos:
    """Real solo clips, face to face. A `PairSource`."""

    name = "paired solos"

    def __init__(
        self,
        store: ClipStore,
        material: Material,
        seed: int = 0,
        size: int = PAIRED_SOLOS,
        split: str = "train",
        phrasing: str = "train",
        pairings: Sequence[Pairing] = PAIRINGS,
    ):
        """Build the bank of about `size` placements from the split's solo clips, the same for the same seed.

        Pairings whose actions the store lacks are left out. Raises `ValueError` where nothing is left.
        """
        rng = np.random.default_rng([seed, 1])
        solos = [clip for clip in store.clips if clip.split == split and clip.partner is None]
        actions: dict[str, list[Clip]] = {}
        for clip in solos:
            actions.setdefault(clip.action, []).append(clip)
        share = size / sum(pairing.weight for pairing in pairings)
        banks, used = [], []
        for pairing in pairings:
            # Twice as many trials as wanted: a good half of them stands.
            bank = _build(material, actions, pairing, int(2 * share * pairing.weight) + 1, len(used), rng)
            if bank is not None:
                banks.append(_head(bank, int(share * pairing.weight) + 1))
                used.append(pairing)
        if not banks:
            raise ValueError(f"no pairing finds its actions in split {split!r}")
        self.pairings = tuple(used)
        self._bank = _Bank(*(np.concatenate([getattr(b, name) for b in banks]) for name in _Bank.__dataclass_fields__))
        self._pool = TextPool([p.texts if phrasing == "train" else p.test_texts for p in used])
        self.texts = self._pool.texts
        weight = np.array([pairing.weight for pairing in used])[self._bank.pairing]
        # Even over pairings: the bank's own counts only reflect how often a placement failed.
        count = np.bincount(self._bank.pairing)[self._bank.pairing]
        self._sampler = LengthSampler(
            self._bank.frames, np.maximum(np.diff(self._bank.key)[:, 0], 1), np.arange(len(count)), weight / count
        )
        self.longest = self._sampler.longest
        self.shortest = int(np.flatnonzero(self._sampler.usable).min())

    def __len__(self) -> int:
        return len(self._bank.frames)

    def draw(self, rng: np.random.Generator, frames: np.ndarray) -> PairDraw:
        pick = self._sampler.draw(rng, frames)
        bank = self._bank
        key = bank.key[pick]
        first = draw_start(rng, frames, np.zeros_like(frames), bank.frames[pick], key)
        mirror, swap = rng.random(len(pick)) < 0.5, rng.random(len(pick)) < 0.5
        sign = np.where(mirror, -1.0, 1.0)
        row, flip = bank.row[pick] + first[:, None], bank.mirror[pick] ^ mirror[:, None]
        yaw, shift = bank.yaw[pick] * sign[:, None], bank.shift[pick].copy()
        shift[..., 0] *= sign[:, None]
        both = [np.where(swap.reshape(-1, *[1] * (x.ndim - 1)), x[:, ::-1], x) for x in (row, flip, yaw, shift)]
        text = self._pool.draw(rng, bank.pairing[pick], mirror, swap)
        return PairDraw(*both, text, np.clip(key - first[:, None], 0, frames[:, None]))


def _head(bank: _Bank, count: int) -> _Bank:
    return _Bank(*(getattr(bank, name)[:count] for name in _Bank.__dataclass_fields__))


def _build(
    material: Material, actions: dict[str, list[Clip]], pairing: Pairing, count: int, number: int,
    rng: np.random.Generator,
) -> _Bank | None:  # fmt: skip
    first = _choose(actions, pairing.first, count, rng)
    second = _choose(actions, pairing.second, count, rng)
    if not first or not second:
        return None
    start = np.array([[a.start, b.start] for a, b in zip(first, second, strict=True)])
    frames = np.array([[a.frames, b.frames] for a, b in zip(first, second, strict=True)])
    key = np.stack([_keys(first), _keys(second)], 1)  # (N, 2, 2)
    # Offset of the second clip's time against the first's, so that the gestures' middles come together.
    middle = key.mean(-1)
    jitter = np.where((key[..., 1] - key[..., 0] == 0).any(1), 20, 3)
    offset = middle[:, 1] - middle[:, 0] - pairing.lag * 20 + rng.uniform(-1, 1, count) * jitter
    offset = np.round(offset).astype(np.int64)
    low = np.maximum(SPARE_FRAMES, SPARE_FRAMES - offset)
    high = np.minimum(frames[:, 0] - SPARE_FRAMES, frames[:, 1] - SPARE_FRAMES - offset)
    keep = high - low >= MIN_INTERACTION_FRAMES
    if not keep.any():
        return None
    start, key, offset, low, high = (x[keep] for x in (start, key, offset, low, high))
    anchor = {
        "key": np.clip(np.round(middle[keep, 0]), low, high - 1),
        "start": low + np.floor(rng.random(len(low)) * (high - low - MIN_INTERACTION_FRAMES)),
        "end": high - 1 - np.floor(rng.random(len(low)) * (high - low - MIN_INTERACTION_FRAMES)),
    }[pairing.reference].astype(np.int64)
    low = np.maximum(low, anchor - LONGEST_PAIR // 2) if pairing.reference != "start" else anchor
    high = np.minimum(high, anchor + LONGEST_PAIR // 2) if pairing.reference != "end" else anchor + 1
    clip_frame = np.stack([anchor, anchor + offset], 1)
    mirror = rng.random((len(low), 2)) < (0.5 if pairing.mirrored else 0.0)
    row = torch.from_numpy(start + clip_frame).to(material.device)
    distance = rng.uniform(*pairing.distance, len(low))
    facing = np.array([0.0, np.pi]) + np.array(pairing.bearings) + rng.normal(0, 0.12, (len(low), 2))
    flip = torch.from_numpy(mirror).to(material.device)
    ahead = _ahead(material, row, flip, pairing)
    yaw, shift = _place(material, row, flip, ahead, torch.from_numpy(distance), torch.from_numpy(facing))
    begin, end = _free_span(material, row, flip, yaw, shift, ahead, low - anchor, high - anchor, pairing)
    keep = end - begin >= MIN_INTERACTION_FRAMES
    if not keep.any():
        return None
    # The key interval in pair frames: both gestures', as far as the span holds them whole.
    shared = key - clip_frame[..., None] - begin[:, None, None]
    length = (end - begin)[:, None]
    has = (shared[..., 1] > shared[..., 0]) & (shared[..., 0] >= 0) & (shared[..., 1] <= length)
    needed = key[..., 1] > key[..., 0]
    keep &= (has | ~needed).all(1)
    if not keep.any():
        return None
    first_key = np.where(has, shared[..., 0], 10**6).min(1)
    last_key = np.where(has, shared[..., 1], -(10**6)).max(1)
    union = np.where(has.any(1)[:, None], np.stack([first_key, last_key], 1), np.stack([length[:, 0] // 2] * 2, 1))
    return _Bank(
        (start + clip_frame + begin[:, None])[keep], (end - begin)[keep], union[keep], mirror[keep],
        yaw.cpu().numpy()[keep], shift.cpu().numpy()[keep], np.full(int(keep.sum()), number),
    )  # fmt: skip


def _choose(actions: dict[str, list[Clip]], names: tuple[str, ...], count: int, rng: np.random.Generator) -> list[Clip]:
    known = [actions[name] for name in names if name in actions]
    if not known:
        return []
    which = rng.integers(len(known), size=count)
    return [known[k][rng.integers(len(known[k]))] for k in which]


def _keys(clips: list[Clip]) -> np.ndarray:
    """(N, 2) key intervals; an empty one at the clip's middle where there is none."""
    return np.array([clip.key or (clip.frames // 2, clip.frames // 2) for clip in clips])


def _ahead(material: Material, row: Tensor, mirror: Tensor, pairing: Pairing) -> Tensor:
    """(N, 2) yaw, in each clip's own world, to turn along the bearing at the reference rows (N, 2)."""
    around = row[..., None] + torch.arange(-HEADING_FRAMES, HEADING_FRAMES + 1, device=row.device)
    # Rows beyond the clip belong to others: stay within it.
    clip = torch.searchsorted(material.first, row, right=True) - 1
    low, high = material.first[clip], material.last[clip]
    around = torch.maximum(torch.minimum(around, high[..., None]), low[..., None])
    _, heading = material.floor_pose(around, mirror[..., None].expand_as(around))
    ahead = torch.atan2(torch.sin(heading).mean(-1), torch.cos(heading).mean(-1))
    joints = material.seam_at(row, mirror)[..., (0, 2)]  # (N, 2, 22, xz)
    for person, aim in enumerate(pairing.aims):
        if aim == "pelvis":
            continue
        limbs = joints[:, person, [JOINT[f"left_{_AIMS[aim]}"], JOINT[f"right_{_AIMS[aim]}"]]]  # (N, 2, xz)
        farthest = limbs.norm(dim=-1).argmax(-1)[:, None, None].expand(-1, 1, 2)
        limb = limbs.gather(1, farthest)[:, 0]
        ahead[:, person] = heading[:, person, HEADING_FRAMES] + torch.atan2(limb[:, 0], limb[:, 1])
    return ahead


def _place(
    material: Material, row: Tensor, mirror: Tensor, ahead: Tensor, distance: Tensor, facing: Tensor
) -> tuple[Tensor, Tensor]:
    """Floor transforms (N, 2), (N, 2, 2): the two at -+ distance/2 on the z axis, `ahead` turned to `facing`."""
    distance, facing = distance.to(row.device).float(), facing.to(row.device).float()
    position, _ = material.floor_pose(row, mirror)
    yaw = facing - ahead
    place = torch.stack((-distance / 2, distance / 2), -1)
    target = torch.stack((torch.zeros_like(place), place), -1)
    return yaw, target - rotate_xz(position, yaw)


def _free_span(
    material: Material, row: Tensor, mirror: Tensor, yaw: Tensor, shift: Tensor, ahead: Tensor, low: np.ndarray,
    high: np.ndarray, pairing: Pairing,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The longest run of frames [begin, end) about the reference (frame 0) in which the bodies keep their distance."""
    steps = torch.arange(-LONGEST_PAIR, LONGEST_PAIR + 1, CHECK_STEP, device=row.device)
    bounds = torch.from_numpy(np.stack([low, high - 1], 1)).to(row.device)
    inside = (steps >= bounds[:, :1]) & (steps <= bounds[:, 1:])
    at = torch.maximum(torch.minimum(steps, bounds[:, 1:]), bounds[:, :1])
    poses = []
    for person in (0, 1):
        flip = mirror[:, person, None].expand_as(at)
        pose = material.floor_pose(row[:, person, None] + at, flip)
        poses.append(moved(pose, yaw[:, person, None], shift[:, person, None]))
    floor = (poses[0][0] - poses[1][0]).norm(dim=-1)
    free = inside & (floor >= MIN_PELVIS_DISTANCE) & (floor <= pairing.apart)
    _, reference = material.floor_pose(row, mirror)
    for person in (0, 1):
        to_partner = poses[1 - person][0] - poses[person][0]
        looks = poses[person][1] + (ahead - reference)[:, person, None] - pairing.bearings[person]
        off = wrap_angle(looks - torch.atan2(to_partner[..., 0], to_partner[..., 1])).abs()
        free &= off <= pairing.turn
    # Only people within reach of each other need a closer look.
    for part in torch.nonzero(free & (floor < REACH)).split(4096):
        n, k = part.unbind(1)
        bodies = [
            _body(material, row[n, p] + at[n, k], mirror[n, p], (poses[p][0][n, k], poses[p][1][n, k])) for p in (0, 1)
        ]
        free[n, k] = _clear(*bodies)
    middle = len(steps) // 2
    forward = free[:, middle:].long().cumprod(1).sum(1)
    backward = free[:, : middle + 1].flip(1).long().cumprod(1).sum(1)
    # A checked frame vouches for itself only; the ends are the last checked frames.
    begin = -(backward - 1).clamp_min(0) * CHECK_STEP
    end = (forward - 1) * CHECK_STEP + 1
    return begin.cpu().numpy(), torch.where(forward > 0, end, begin).cpu().numpy()


def _body(material: Material, rows: Tensor, mirror: Tensor, pose: tuple[Tensor, Tensor]) -> Tensor:
    """Joints and the middles of long bones (N, 30, 3) in the pair's frame, for floor poses (N, 2), (N,)."""
    joints = material.seam_at(rows, mirror)[..., :3]
    flat = rotate_xz(joints[..., (0, 2)], pose[1][:, None].expand(joints.shape[:-1])) + pose[0][:, None]
    joints = torch.stack((flat[..., 0], joints[..., 1], flat[..., 1]), -1)
    first, second = zip(*_BONE_MIDDLES)
    middles = (joints[:, [JOINT[name] for name in first]] + joints[:, [JOINT[name] for name in second]]) / 2
    return torch.cat((joints, middles), 1)


def _clear(a: Tensor, b: Tensor) -> Tensor:
    """(N,) True where no sphere of body a (N, 30, 3) meets one of body b."""
    radius = _RADIUS.to(a)
    return (torch.cdist(a, b) - radius[:, None] - radius).amin((-1, -2)) >= 0
