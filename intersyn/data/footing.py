"""Feet in fused motion: contacts labelled anew where clips were bent, planted feet locked, long slides made steps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.data.contacts import CONTACT_HEIGHT
from intersyn.foot_lock import below_floor, leg_joints, lock_feet
from intersyn.skeleton import FOOT_REST_HEIGHT
from intersyn.timeline import DEFAULT_FPS

# Metres per second below which a low foot in a bend is held; slower than the labels of recordings allow, so that what
# moves on is a step rather than a slide that has to stop at once.
HOLD_SPEED = 0.25
STEP_HEIGHT = 0.05  # metres a foot is lifted at most when it has to be put elsewhere
STEP_SLOPE = 0.3  # of the distance it travels
STEP_QUICKNESS = 1e-4  # metres per frame^3: a quick step stays low, or the lift would jerk
LONGEST_STEP = 14  # frames
EASE = 7  # frames
SINK = 0.015  # metres a foot may be lower than in flat standing: recordings are not exact either


def plant_feet(
    local: Tensor, root: Tensor, contacts: Tensor, bent: Tensor, fixed: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Local rotations (B, P, T, 22, 4) with the feet planted, root (B, P, T, 3) and contacts (B, P, T, 4).

    bent: (B, T) frames that fusion changed: there contacts are labelled anew and slides are taken out. fixed: (B, T)
    frames of an interaction that must stay as they are.
    """
    people = local.shape[1]
    places, turns = leg_joints(local, root)
    bent, fixed = (mask[:, None].expand(-1, people, -1) for mask in (bent, fixed))
    contacts = _labels(places, contacts, bent)
    # What a bend has pushed into the floor is raised with the whole body, and the other foot stays down: bending the
    # sunk leg instead would make its knee jump.
    floor = _out_of_floor(places, bent, fixed)
    up = floor.amax(-1)
    lift = torch.maximum(_steps(places, contacts, bent, fixed), floor) - up[..., None]
    rise = torch.stack((torch.zeros_like(up), up, torch.zeros_like(up)), -1)
    root, places = root + rise, places + rise[..., None, None, :]
    local = lock_feet(local, root, contacts, loose=bent, fixed=fixed, lift=lift, legs=(places, turns))
    return local, root, contacts


def _labels(places: Tensor, contacts: Tensor, bent: Tensor) -> Tensor:
    """Contacts (..., T, 4), anew where a foot's step to the next frame touches a bent frame."""
    feet = places[..., 2:, :].transpose(-3, -2).flatten(-3, -2)  # (..., T, 4, 3) in the order of FOOT_JOINTS
    step = feet.diff(dim=-3).norm(dim=-1)
    speed = torch.cat((step, step[..., -1:, :]), -2) * DEFAULT_FPS
    low = feet[..., 1] - FOOT_REST_HEIGHT.to(feet) < CONTACT_HEIGHT
    anew = (low & (speed < HOLD_SPEED)).to(contacts)
    changed = bent | F.pad(bent[..., 1:], (0, 1))
    return torch.where(changed[..., None], anew, contacts)


def _steps(places: Tensor, contacts: Tensor, bent: Tensor, fixed: Tensor) -> Tensor:
    """Metres (..., T, 2) to lift each foot by: an arc where a bend carries it along the floor from stand to stand."""
    down = (contacts > 0.5).unflatten(-1, (2, 2)).any(-2)  # (..., T, leg)
    frames = down.shape[-2]
    at = torch.arange(frames, device=down.device)[:, None].expand_as(down)
    last = torch.where(down, at, -1).cummax(-2).values
    following = torch.where(down, at, frames).flip(-2).cummin(-2).values.flip(-2)
    closed = (last >= 0) & (following < frames) & ~down
    last, following = last.clamp_min(0), following.clamp(max=frames - 1)
    span = following - last
    ankle = places[..., 2, :][..., (0, 2)]  # (..., T, 2, 2)

    def take(values: Tensor, index: Tensor) -> Tensor:
        return values.gather(-3, index[..., None].expand_as(ankle))

    travel = (take(ankle, following) - take(ankle, last)).norm(dim=-1)

    def count(mask: Tensor, begin: Tensor, end: Tensor) -> Tensor:
        total = F.pad(mask.long().cumsum(-1), (1, 0))[..., None].expand(*mask.shape[:-1], frames + 1, 2)
        return total.gather(-2, end) - total.gather(-2, begin)

    inside = closed & (span <= LONGEST_STEP) & (count(fixed, last + 1, following) == 0)
    inside = inside & (count(bent, last + 1, following) > 0)
    rest = FOOT_REST_HEIGHT.to(places).unflatten(0, (2, 2)).T
    clearance = (places[..., 2:, 1] - rest).amin(-1).clamp_min(0)
    # Only what the foot does not rise by itself between the two contacts.
    risen = torch.zeros_like(clearance).scatter_reduce(-2, last, clearance, "amax").gather(-2, last)
    height = (STEP_SLOPE * travel).clamp(max=STEP_HEIGHT).minimum(STEP_QUICKNESS * span.to(travel) ** 3) - risen
    # The fourth power: a straight leg bends by the square root of what its foot is lifted.
    arc = height.clamp_min(0) * torch.sin(torch.pi * (at - last) / span.clamp_min(1)) ** 4
    return torch.where(inside, arc, 0.0)


def _out_of_floor(places: Tensor, bent: Tensor, fixed: Tensor) -> Tensor:
    """Metres (..., T, 2) to raise feet by that a bend has pushed into the floor, eased in and out over some frames."""
    sunk = torch.where((bent & ~fixed)[..., None], (below_floor(places) - SINK).clamp_min(0), 0.0)
    shape = sunk.shape
    rows = sunk.transpose(-1, -2).reshape(-1, 1, shape[-2])
    eased = F.avg_pool1d(F.max_pool1d(rows, EASE, 1, EASE // 2), EASE, 1, EASE // 2)
    held = fixed.to(sunk).reshape(-1, 1, shape[-2])
    free = 1 - 2 * F.avg_pool1d(held, EASE, 1, EASE // 2)  # falls to nothing where the interaction begins
    eased = eased.reshape(*shape[:-2], 2, shape[-2]).transpose(-1, -2)
    return eased * free.clamp(0, 1).reshape(*shape[:-1], 1)
