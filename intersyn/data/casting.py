"""Casting: which of the candidate clips plays in each segment, so that little has to be bent at the seams.

Everything is attached to the first interaction: solos before it are chosen backwards, those after it forwards, each the
best of K candidates by pose and velocity at its seam. A solo that leads to another interaction is chosen for both ends,
both people's and the pair's candidates jointly: the pair goes where one rigid transform fits the two solos' ends best,
and what is left is spread over the solos (beyond 25 cm or 25 degrees the sequence is rejected).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from intersyn.conditions import INTERACTION, SOLO
from intersyn.data.fusion import Cast, attach, fit_group, floor_pose
from intersyn.data.layouts import Layout
from intersyn.data.material import Material, align, seam_cost, seam_costs
from intersyn.rotations import rotate_xz

MAX_GAP = 0.25  # metres that a solo between two interactions may be bent by
MAX_TURN = np.deg2rad(25.0)
_TURN_METRES = 0.5  # a radian left over at a seam costs like this many metres
_FIT_WEIGHT = 2.0
_OVER = 100.0  # cost that pushes what will be rejected behind everything else
PERSONAL_SPACE = 0.5  # metres between two pelvises; strangers to each other's solos, people still do not walk through
_CLASH_WEIGHT = 4.0  # cost per metre by which they come closer
_CLASH_FRAMES = 10  # looked at along a solo


@dataclass(frozen=True)
class SoloCandidates:
    """row (B, P, S, K) first row of each candidate's crop, mirror and text likewise; zeros where nobody is alone."""

    row: Tensor
    mirror: Tensor
    text: Tensor


@dataclass(frozen=True)
class PairCandidates:
    """row, mirror, yaw (B, S, M, 2), shift (B, S, M, 2, 2) in the pair's frame, text (B, S, M); M candidates."""

    row: Tensor
    mirror: Tensor
    yaw: Tensor
    shift: Tensor
    text: Tensor


class _State:
    """The cast while it is being chosen."""

    def __init__(self, material: Material, layout: Layout, people: int):
        batch, segments = layout.kind.shape
        device = material.device
        shape = (batch, people, segments)
        self.material = material
        self.length = torch.from_numpy(layout.end - layout.start).to(device)
        self.row = torch.zeros(shape, dtype=torch.long, device=device)
        self.mirror = torch.zeros(shape, dtype=torch.bool, device=device)
        self.text = torch.zeros(shape, dtype=torch.long, device=device)
        self.yaw, self.end_yaw = torch.zeros(shape, device=device), torch.zeros(shape, device=device)
        self.shift = torch.zeros(*shape, 2, device=device)
        self.end_shift = torch.zeros(*shape, 2, device=device)
        self.valid = torch.ones(batch, dtype=torch.bool, device=device)

    def put(self, b: Tensor, s: int, row: Tensor, mirror: Tensor, text: Tensor, yaw: Tensor, shift: Tensor) -> None:
        """Cast segment s of sequences b: everything (N, P), shift (N, P, 2)."""
        self.row[b, :, s], self.mirror[b, :, s], self.text[b, :, s] = row, mirror, text
        self.yaw[b, :, s], self.shift[b, :, s] = yaw, shift
        self.end_yaw[b, :, s], self.end_shift[b, :, s] = yaw, shift

    def frame(self, b: Tensor, s: int, offset: Tensor | int) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """Row and mirror (N, P) of segment s at `offset` frames (N, 1) from its start, and its floor pose there."""
        row, mirror = self.row[b, :, s] + offset, self.mirror[b, :, s]
        pose = floor_pose(self.material, row, mirror, self.end_yaw[b, :, s], self.end_shift[b, :, s])
        return row, mirror, pose


def choose(
    material: Material, layout: Layout, solos: SoloCandidates, pairs: PairCandidates
) -> tuple[Cast, Tensor, Tensor]:
    """The cast, the text of every part (B, P, S), and which sequences (B,) are good enough to keep."""
    state = _State(material, layout, solos.row.shape[1])
    kind, root = layout.kind, layout.root_segment
    batch, segments = kind.shape
    everyone = np.arange(batch)

    def pick(mask: np.ndarray) -> Tensor | None:
        return torch.from_numpy(np.flatnonzero(mask)).to(material.device) if mask.any() else None

    together = kind[everyone, root] == INTERACTION
    for s in np.unique(root):
        if (b := pick(together & (root == s))) is not None:
            _put_pair(state, pairs, b, int(s), torch.zeros_like(b), None)
        if (b := pick(~together & (root == s))) is not None:
            _put_alone(state, solos, b, int(s))
    for s in range(segments - 2, -1, -1):
        if (b := pick(s < root)) is not None:
            _put_before(state, solos, b, s)
    for s in range(1, segments):
        after = (s > root) & (kind[:, s] != 0)
        leads = kind[:, s + 1] == INTERACTION if s + 1 < segments else np.zeros(batch, bool)
        alone = after & (kind[:, s] == SOLO)
        if (b := pick(alone & ~leads)) is not None:
            _put_after(state, solos, b, s)
        if (b := pick(alone & leads)) is not None:
            _put_between(state, solos, pairs, b, s)
        if (b := pick(after & (kind[:, s] == INTERACTION) & (kind[:, s - 1] == INTERACTION))) is not None:
            _put_next_pair(state, pairs, b, s)

    device = material.device
    cast = Cast(
        torch.from_numpy(kind).to(device), torch.from_numpy(layout.start).to(device),
        torch.from_numpy(layout.end).to(device), state.row, state.mirror, state.yaw, state.shift, state.end_yaw,
        state.end_shift, torch.from_numpy(root).to(device),
    )  # fmt: skip
    return cast, state.text, state.valid


def _put_alone(state: _State, solos: SoloCandidates, b: Tensor, s: int) -> None:
    """Nobody meets anybody: people stand side by side, 1.5 m apart, facing +z at first."""
    row, mirror = solos.row[b, :, s, 0], solos.mirror[b, :, s, 0]
    people = row.shape[1]
    beside = 1.5 * (torch.arange(people, device=row.device) - (people - 1) / 2)
    target = torch.stack((beside, torch.zeros_like(beside)), -1).expand(*row.shape, 2)
    yaw, shift = attach(state.material, row, mirror, (target, torch.zeros_like(target[..., 0])))
    state.put(b, s, row, mirror, solos.text[b, :, s, 0], yaw, shift)


def _take(values: Tensor, index: Tensor) -> Tensor:
    """values (N, P, K, ...) at index (N, P): (N, P, ...)."""
    rest = values.shape[3:]
    index = index.reshape(*index.shape, 1, *[1] * len(rest)).expand(*index.shape, 1, *rest)
    return values.gather(2, index).squeeze(2)


def _clash(state: _State, b: Tensor, s: int, row: Tensor, mirror: Tensor, yaw: Tensor, shift: Tensor) -> Tensor | None:
    """Cost (N, K, K) of two people's candidates walking through each other; None where someone is on their own.

    row, mirror, yaw (N, 2, K), shift (N, 2, K, 2).
    """
    if row.shape[1] != 2:
        return None
    steps = torch.linspace(0, 1, _CLASH_FRAMES, device=row.device) * (state.length[b, s, None] - 1)
    rows = row[..., None] + steps.long()[:, None, None]
    place, _ = state.material.floor_pose(rows, mirror[..., None])
    place = rotate_xz(place, yaw[..., None]) + shift[..., None, :]  # (N, 2, K, F, 2)
    near = (place[:, 0, :, None] - place[:, 1, None]).square().sum(-1).amin(-1).sqrt()
    return _CLASH_WEIGHT * (PERSONAL_SPACE - near).clamp_min(0)


def _best_together(cost: Tensor, clash: Tensor | None) -> Tensor:
    """The candidate (N, P) of each person: the cheapest by themselves (N, P, K) and for both together (N, K, K)."""
    if clash is None:
        return cost.argmin(-1)
    total = (cost[:, 0, :, None] + cost[:, 1, None, :] + clash).flatten(1)
    best = total.argmin(1)
    return torch.stack((best // cost.shape[2], best % cost.shape[2]), -1)


def _put_before(state: _State, solos: SoloCandidates, b: Tensor, s: int) -> None:
    row, mirror, text = solos.row[b, :, s], solos.mirror[b, :, s], solos.text[b, :, s]
    beyond = row + state.length[b, s, None, None]  # each candidate's first frame after its crop
    target_row, target_mirror, target = state.frame(b, s + 1, 0)
    cost = seam_cost(
        state.material.seam_at(beyond, mirror), state.material.seam_at(target_row, target_mirror)[:, :, None]
    )
    yaw, shift = attach(state.material, beyond, mirror, (target[0][:, :, None], target[1][:, :, None]))
    best = _best_together(cost, _clash(state, b, s, row, mirror, yaw, shift))
    state.put(b, s, *(_take(x, best) for x in (row, mirror, text, yaw, shift)))


def _after_cost(state: _State, row: Tensor, mirror: Tensor, b: Tensor, s: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Cost (N, P, K) of candidates for segment s against the segment before, and the floor pose that one ends in."""
    last_row, last_mirror, last = state.frame(b, s - 1, state.length[b, s - 1, None] - 1)
    earlier = state.material.seam_at(last_row, last_mirror)[:, :, None]
    return seam_cost(state.material.seam_at(row - 1, mirror), earlier), last


def _put_after(state: _State, solos: SoloCandidates, b: Tensor, s: int) -> None:
    row, mirror, text = solos.row[b, :, s], solos.mirror[b, :, s], solos.text[b, :, s]
    cost, last = _after_cost(state, row, mirror, b, s)
    yaw, shift = attach(state.material, row - 1, mirror, (last[0][:, :, None], last[1][:, :, None]))
    best = _best_together(cost, _clash(state, b, s, row, mirror, yaw, shift))
    state.put(b, s, *(_take(x, best) for x in (row, mirror, text, yaw, shift)))


def _put_pair(
    state: _State, pairs: PairCandidates, b: Tensor, s: int, pick: Tensor, place: tuple[Tensor, Tensor] | None
) -> None:
    """Cast candidate `pick` (N,) of the pairs at segment s under the floor transform `place` ((N,), (N, 2))."""
    yaw, shift = pairs.yaw[b, s, pick], pairs.shift[b, s, pick]
    if place is not None:
        yaw, shift = yaw + place[0][:, None], rotate_xz(shift, place[0][:, None]) + place[1][:, None]
    text = pairs.text[b, s, pick][:, None].expand(-1, yaw.shape[1])
    state.put(b, s, pairs.row[b, s, pick], pairs.mirror[b, s, pick], text, yaw, shift)


def _pair_starts(state: _State, pairs: PairCandidates, b: Tensor, s: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Seam features (N, M, P, 22, 6) and floor poses of the pair candidates' first frames, in the pair's frame."""
    row, mirror = pairs.row[b, s], pairs.mirror[b, s]
    pose = floor_pose(state.material, row, mirror, pairs.yaw[b, s], pairs.shift[b, s])
    return state.material.seam_at(row, mirror), pose


def _fit_cost(distance: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Cost of what a rigid fit leaves (..., P) and whether it is small enough, both (...)."""
    good = (distance <= MAX_GAP).all(-1) & (angle <= MAX_TURN).all(-1)
    cost = _FIT_WEIGHT * (distance.square() + (_TURN_METRES * angle).square()).sum(-1)
    return cost + _OVER * ~good, good


def _put_between(state: _State, solos: SoloCandidates, pairs: PairCandidates, b: Tensor, s: int) -> None:
    """Two people's solos at s and the pair at s + 1, jointly: K x K x M combinations."""
    row, mirror, text = solos.row[b, :, s], solos.mirror[b, :, s], solos.text[b, :, s]
    if row.shape[1] != 2:
        raise ValueError(f"interactions are cast for two people, got {row.shape[1]}")
    count, _, k = row.shape
    start_cost, last = _after_cost(state, row, mirror, b, s)
    yaw, shift = attach(state.material, row - 1, mirror, (last[0][:, :, None], last[1][:, :, None]))
    beyond = row + state.length[b, s, None, None]
    place, heading = floor_pose(state.material, beyond, mirror, yaw, shift)  # (N, 2, K, 2), (N, 2, K)
    pair_seam, (pair_place, pair_heading) = _pair_starts(state, pairs, b, s + 1)
    ends = state.material.seam_at(beyond, mirror)  # (N, 2, K, 22, 6)
    cost = start_cost[:, None] + seam_costs(ends, pair_seam.transpose(1, 2)).permute(0, 3, 1, 2)  # (N, M, 2, K)
    first = (place[:, 0, :, None].expand(-1, -1, k, -1), heading[:, 0, :, None].expand(-1, -1, k))
    second = (place[:, 1, None].expand(-1, k, -1, -1), heading[:, 1, None].expand(-1, k, -1))
    target = torch.stack((first[0], second[0]), -2)[:, None], torch.stack((first[1], second[1]), -1)[:, None]
    source = pair_place[:, :, None, None], pair_heading[:, :, None, None]
    fit_yaw, fit_shift, distance, angle = fit_group(target, source)  # (N, M, K, K)
    fit, good = _fit_cost(distance, angle)
    clash = _clash(state, b, s, row, mirror, yaw, shift)
    total = (cost[:, :, 0, :, None] + cost[:, :, 1, None, :] + clash[:, None] + fit).flatten(1)
    best = total.argmin(1)
    which, rest = best // (k * k), best % (k * k)
    mine = torch.stack((rest // k, rest % k), -1)  # (N, 2)
    state.valid[b] &= good.flatten(1).gather(1, best[:, None])[:, 0]

    placed_yaw = fit_yaw.flatten(1).gather(1, best[:, None])[:, 0]
    placed_shift = fit_shift.flatten(1, 3).gather(1, best[:, None, None].expand(-1, 1, 2))[:, 0]
    _put_pair(state, pairs, b, s + 1, which, (placed_yaw, placed_shift))
    state.put(b, s, *(_take(x, mine) for x in (row, mirror, text, yaw, shift)))
    _, _, goal = state.frame(b, s + 1, 0)
    end = align(goal, state.material.floor_pose(_take(beyond, mine), _take(mirror, mine)))
    state.end_yaw[b, :, s], state.end_shift[b, :, s] = end


def _put_next_pair(state: _State, pairs: PairCandidates, b: Tensor, s: int) -> None:
    """An interaction that follows another directly: the best of M, fitted to where the two people have got to."""
    row, mirror, (place, heading) = state.frame(b, s - 1, state.length[b, s - 1, None])
    pair_seam, source = _pair_starts(state, pairs, b, s)
    cost = seam_cost(pair_seam, state.material.seam_at(row, mirror)[:, None]).sum(-1)  # (N, M)
    yaw, shift, distance, angle = fit_group((place[:, None], heading[:, None]), source)
    fit, good = _fit_cost(distance, angle)
    best = (cost + fit).argmin(1)
    at = torch.arange(len(best), device=best.device)
    state.valid[b] &= good[at, best]
    _put_pair(state, pairs, b, s, best, (yaw[at, best], shift[at, best]))
