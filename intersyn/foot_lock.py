"""Feet that stay where they stand: planted feet are held by two-bone leg IK. Batched torch, no loop over frames.

Used by fusion, where blends make planted feet slide, and as the clean-up switch after sampling.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.rotations import (
    minimal_rotation,
    normalize_quaternion,
    quaternion_apply,
    quaternion_conjugate,
    quaternion_multiply,
)
from intersyn.skeleton import FOOT_JOINTS, FOOT_REST_HEIGHT, JOINT, NUM_JOINTS, OFFSETS

HIPS = (JOINT["left_hip"], JOINT["right_hip"])
KNEES = (JOINT["left_knee"], JOINT["right_knee"])
ANKLES = (JOINT["left_ankle"], JOINT["right_ankle"])
TOES = (JOINT["left_foot"], JOINT["right_foot"])
MIN_RUN = 3  # frames; shorter contacts are left alone
MAX_REACH = 0.9995  # of the leg's length
MIN_REACH = 0.4
NEGLIGIBLE = 1e-4  # metres
# FOOT_JOINTS is (left ankle, right ankle, left toe, right toe): its columns for each leg.
assert (*ANKLES, *TOES) == FOOT_JOINTS


def leg_joints(local: Tensor, root: Tensor) -> tuple[Tensor, Tensor]:
    """Joints (..., 2, 4, 3): hip, knee, ankle, toe of the left and right leg; and the global rotations (..., 2, 3, 4)
    of hip, knee and ankle. local (..., 22, 4), root (..., 3) in metres.
    """
    offsets = OFFSETS.to(local)
    pelvis = local[..., None, 0, :].expand(*local.shape[:-2], 2, 4)
    place = root[..., None, :] + quaternion_apply(pelvis, offsets[list(HIPS)].expand(*pelvis.shape[:-1], 3))
    turn, places, turns = pelvis, [place], []
    for joints, children in ((HIPS, KNEES), (KNEES, ANKLES), (ANKLES, TOES)):
        turn = quaternion_multiply(turn, local[..., list(joints), :])
        place = place + quaternion_apply(turn, offsets[list(children)].expand(*turn.shape[:-1], 3))
        places.append(place)
        turns.append(turn)
    return torch.stack(places, -2), torch.stack(turns, -2)


def lock_feet(
    local: Tensor,
    root: Tensor,
    contacts: Tensor,
    loose: Tensor | None = None,
    fixed: Tensor | None = None,
    lift: Tensor | None = None,
    legs: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Local rotations (..., T, 22, 4) with planted feet held still; the root and the upper body do not change.

    local (..., T, 22, 4) quaternions, root (..., T, 3) metres, y up, contacts (..., T, 4) in 0..1 (FOOT_JOINTS).
    loose: (..., T) frames in which sliding is taken out; None means all. fixed: (..., T) frames that must stay as they
    are: a contact that reaches into them is held where it stands there. lift: (..., T, 2) metres to raise each foot by.
    legs: `leg_joints` of the motion, if known. Raises `ValueError` naming a shape that does not fit.

    A contact is held by the toe while the toe is down, else by the ankle. Between contacts the correction eases from
    one to the next, so a swing starts and lands where its foot stands. The foot keeps its orientation.
    """
    if local.ndim < 3 or tuple(local.shape[-2:]) != (NUM_JOINTS, 4) or root.shape != (*local.shape[:-2], 3):
        shapes = f"{tuple(local.shape)}, {tuple(root.shape)}"
        raise ValueError(f"need local (..., T, {NUM_JOINTS}, 4) and root (..., T, 3), got {shapes}")
    if contacts.shape != (*local.shape[:-2], 4):
        raise ValueError(f"contacts must be {(*local.shape[:-2], 4)}, got {tuple(contacts.shape)}")
    shape = local.shape[:-2]
    every = torch.ones(shape, dtype=torch.bool, device=local.device)
    loose = every if loose is None else loose
    fixed = ~every if fixed is None else fixed
    places, turns = leg_joints(local, root) if legs is None else legs
    offset = slide_corrections(places, contacts, loose, fixed)
    if lift is not None:
        offset = offset + torch.stack((torch.zeros_like(lift), lift, torch.zeros_like(lift)), -1)
    move = (offset.norm(dim=-1) > NEGLIGIBLE).any(-1) & ~fixed
    if not bool(move.any()):
        return local
    out = local.clone()
    out[move] = bend_legs(local[move], places[move], turns[move], offset[move])
    return out


def slide_corrections(places: Tensor, contacts: Tensor, loose: Tensor, fixed: Tensor) -> Tensor:
    """How far each foot has to move, (..., T, 2, 3) metres on the floor, for `leg_joints` places (..., T, 2, 4, 3)."""
    ankle, toe = (contacts > 0.5).unflatten(-1, (2, 2)).unbind(-2)  # (..., T, 2) each
    down = (ankle | toe) & (run_lengths(ankle | toe) >= MIN_RUN)
    flat = places[..., 2:, :][..., (0, 2)]  # (..., T, 2, 2, xz): ankle and toe
    step = flat.diff(dim=-4)
    # The toe holds while it is down at both ends of the step, else the ankle does.
    by_toe = (toe[..., 1:, :] & toe[..., :-1, :])[..., None]
    step = torch.where(by_toe, step[..., 1, :], step[..., 0, :])
    joined = down[..., 1:, :] & down[..., :-1, :]
    slips = joined & (loose[..., 1:] | loose[..., :-1])[..., None]
    drift = torch.cumsum(step * slips[..., None], -3)
    drift = F.pad(drift, (0, 0, 0, 0, 1, 0))  # (..., T, 2, 2)

    # Contacts are numbered along time; a correction is known in contacts that have a loose frame, and 0 elsewhere.
    run = F.pad((~joined).long().cumsum(-2), (0, 0, 1, 0))
    frames = run.shape[-2]
    per_run = lambda values: _sum_by(run, values, frames)  # noqa: E731
    touched = per_run((down & loose[..., None]).to(drift)) > 0
    still = (down & fixed[..., None]).to(drift)
    anchored = per_run(still) > 0
    # A contact that reaches into fixed frames is held where it stands there: at their border with the loose ones.
    border = fixed & _beside(~fixed)
    edge = (down & border[..., None]).to(drift)
    weight = torch.where(anchored, edge, down.to(drift))
    total = per_run(weight).clamp_min(1e-6)
    rest = torch.stack([per_run(weight * axis) / total for axis in drift.unbind(-1)], -1)
    held = down & touched & ~fixed[..., None]
    known = held | (down & ~touched) | fixed[..., None]
    correction = torch.where(held[..., None], rest - drift, 0.0)
    correction = _spread_over_two_ends(correction, drift, down, border, run, held)
    flat = _between(correction, known)
    return torch.stack((flat[..., 0], torch.zeros_like(flat[..., 0]), flat[..., 1]), -1)


def run_lengths(mask: Tensor) -> Tensor:
    """(..., T, C) length of the run of True that each frame belongs to; 0 where False."""
    change = F.pad((mask[..., 1:, :] != mask[..., :-1, :]).long().cumsum(-2), (0, 0, 1, 0))
    return torch.where(mask, _sum_by(change, mask.float(), mask.shape[-2]), 0.0)


def smooth(local: Tensor, root: Tensor, sigma: float = 0.7) -> tuple[Tensor, Tensor]:
    """Light Gaussian smoothing in time, sigma in frames: local (..., T, 22, 4), root (..., T, 3); the ends repeat."""
    if sigma <= 0:
        return local, root
    radius = max(1, int(3 * sigma + 0.5))
    at = torch.arange(-radius, radius + 1, device=local.device, dtype=local.dtype)
    kernel = torch.exp(-0.5 * (at / sigma).square())
    kernel = kernel / kernel.sum()
    frames = local.shape[-3]
    index = (torch.arange(frames, device=local.device)[:, None] + at.long()).clamp(0, frames - 1)  # (T, W)
    around = local[..., index, :, :]  # (..., T, W, 22, 4)
    same = (around * local[..., :, None, :, :]).sum(-1, keepdim=True) < 0
    around = torch.where(same, -around, around)
    mixed = torch.einsum("...wjc,w->...jc", around, kernel)
    return normalize_quaternion(mixed), torch.einsum("...wc,w->...c", root[..., index, :], kernel)


def clean_up(local: Tensor, root: Tensor, contacts: Tensor, sigma: float = 0.7) -> tuple[Tensor, Tensor]:
    """The clean-up switch: light smoothing, then feet in contact are locked. Shapes as in `lock_feet`."""
    local, root = smooth(local, root, sigma)
    return lock_feet(local, root, contacts), root


def bend_legs(local: Tensor, places: Tensor, turns: Tensor, offset: Tensor) -> Tensor:
    """Two-bone IK: local (N, 22, 4) with both ankles moved by offset (N, 2, 3), the feet's orientation kept."""
    hip, knee, ankle = places[..., 0, :], places[..., 1, :], places[..., 2, :]
    thigh = OFFSETS[list(KNEES)].to(local).norm(dim=-1, keepdim=True)
    shin = OFFSETS[list(ANKLES)].to(local).norm(dim=-1, keepdim=True)
    reach = ankle + offset - hip
    distance = reach.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    towards = reach / distance
    # A leg already stretched beyond the limit may stay so.
    far = torch.maximum((ankle - hip).norm(dim=-1, keepdim=True), MAX_REACH * (thigh + shin))
    distance = torch.minimum(distance, far).clamp_min(MIN_REACH * thigh)
    # The whole leg swings to the new place before it bends: its knee keeps its side however far the foot goes.
    # A straight leg bends the way its thigh faces.
    swing = minimal_rotation(ankle - hip, towards)
    hip_turn, knee_turn = (quaternion_multiply(swing, turns[..., k, :]) for k in (0, 1))
    knee, ankle = hip + quaternion_apply(swing, knee - hip), hip + quaternion_apply(swing, ankle - hip)
    bend = knee - hip + quaternion_apply(hip_turn, local.new_tensor((0.0, 0.0, 1e-2)).expand_as(hip))
    bend = F.normalize(bend - (bend * towards).sum(-1, keepdim=True) * towards, dim=-1, eps=1e-9)
    cosine = ((thigh.square() + distance.square() - shin.square()) / (2 * thigh * distance)).clamp(-1, 1)
    new_knee = hip + thigh * (cosine * towards + (1 - cosine.square()).clamp_min(0).sqrt() * bend)
    new_ankle = hip + distance * towards
    upper = quaternion_multiply(minimal_rotation(knee - hip, new_knee - hip), hip_turn)
    lower = quaternion_multiply(minimal_rotation(ankle - knee, new_ankle - new_knee), knee_turn)
    out = local.clone()
    pelvis = local[..., None, 0, :].expand_as(upper)
    out[..., list(HIPS), :] = quaternion_multiply(quaternion_conjugate(pelvis), upper)
    out[..., list(KNEES), :] = quaternion_multiply(quaternion_conjugate(upper), lower)
    out[..., list(ANKLES), :] = quaternion_multiply(quaternion_conjugate(lower), turns[..., 2, :])
    return out


def _sum_by(run: Tensor, values: Tensor, frames: int) -> Tensor:
    """Sums of values (..., T, C) over frames with the same run number, given back to every frame."""
    sums = torch.zeros_like(values).scatter_add(-2, run.clamp(max=frames - 1), values)
    return sums.gather(-2, run.clamp(max=frames - 1))


def _beside(mask: Tensor) -> Tensor:
    """(..., T) True where a neighbouring frame is True."""
    padded = F.pad(mask, (1, 1))
    return padded[..., :-2] | padded[..., 2:]


def _spread_over_two_ends(
    correction: Tensor, drift: Tensor, down: Tensor, border: Tensor, run: Tensor, held: Tensor
) -> Tensor:
    """A contact fixed at both ends cannot be held: its drift is spread evenly in time over the frames between."""
    frames = run.shape[-2]
    edge = (down & border[..., None]).to(drift)
    at = torch.arange(frames, device=run.device, dtype=drift.dtype)[:, None].expand_as(edge)
    count = _sum_by(run, edge, frames)
    total = count.clamp_min(1)
    middle = _sum_by(run, edge * at, frames) / total
    spread = _sum_by(run, edge * (at - middle).square(), frames)
    # The line through the fixed ends (least squares; with two borders it is exact).
    slope = torch.stack(
        [_sum_by(run, edge * (at - middle) * axis, frames) / spread.clamp_min(1e-6) for axis in drift.unbind(-1)], -1
    )
    tilted = correction + slope * (at - middle)[..., None]
    return torch.where((held & (count > 1.5))[..., None], tilted, correction)


def _between(values: Tensor, known: Tensor) -> Tensor:
    """Values (..., T, 2, C) where known (..., T, 2); eased between known frames, held outside."""
    frames = known.shape[-2]
    at = torch.arange(frames, device=known.device)[:, None].expand_as(known)
    last = torch.where(known, at, -1).cummax(-2).values
    following = torch.where(known, at, frames).flip(-2).cummin(-2).values.flip(-2)
    before = torch.where(last >= 0, last, following.clamp(max=frames - 1))
    after = torch.where(following < frames, following, last.clamp_min(0))
    span = (after - before).clamp_min(1).to(values.dtype)
    phase = ((at - before).to(values.dtype) / span).clamp(0, 1)
    weight = (phase * phase * (3 - 2 * phase))[..., None]
    take = lambda index: values.gather(-3, index[..., None].expand_as(values))  # noqa: E731
    return torch.lerp(take(before), take(after), weight.expand_as(values))


def below_floor(places: Tensor) -> Tensor:
    """(..., 2) metres by which a foot's ankle or toe is lower than in flat standing, 0 where none is."""
    rest = FOOT_REST_HEIGHT.to(places).unflatten(0, (2, 2)).T  # (leg, ankle/toe)
    return (rest - places[..., 2:, 1]).amax(-1).clamp_min(0)
