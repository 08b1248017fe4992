"""From features back to the world: two linear least-squares solves over everyone in a sequence at once.

Floor vectors are complex numbers z + i x here, so that turning by a yaw is a product with e^(i yaw). Unknown are unit
headings z_t of each person and one anchor a_k per interaction, which minimise
    w_abs |z_t - a_k c_t|^2  over interaction frames   +   w_vel |z_(t+1) - e^(i yaw_rate_t) z_t|^2  over all steps,
with c_t the heading feature turned into the interaction's shared frame; then, with these, roots x_t and offsets o_k:
    w_abs |x_t - o_k - a_k r_t|^2   +   w_vel |x_(t+1) - x_t - z_t v_t|^2.
The first interaction of people who meet is the world's frame (a = 1, o = 0). Somebody who never interacts is tied at
their first frame instead. w_vel is much larger than w_abs: steps are precise, and a place that is noisy from frame to
frame may bend a path only over many frames, or a seam would snap and feet would slide.

How it is solved: turning each z_t back by the yaw rates up to t makes all steps real, so that both problems have the
same tridiagonal matrix per person (T, T); people are coupled through the few anchors alone (a Schur complement).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.conditions import PartTable
from intersyn.features import FEATURE_DIM, SLICES
from intersyn.frames import max_groups
from intersyn.motion import Motion
from intersyn.rotations import matrix_from_6d, matrix_to_quaternion, quaternion_multiply, yaw_quaternion
from intersyn.skeleton import NUM_JOINTS, local_rotations
from intersyn.timeline import Timeline

W_ABS, W_VEL = 1.0, 100.0
SPACING = 1.5  # metres between neighbours whom no interaction connects, at frame 0


@dataclass(frozen=True)
class Ties:
    """Which frames are tied to which anchor. K anchors: the table's interactions, then one per person.

    tie:   (B, P, T, K) float64, 1 where the person's frame is known in anchor k's frame.
    fixed: (B, K) True for anchors that are not solved for: the frame of their component's world, or unused.
    component: (B, P) lowest index of the people each person is connected with.
    """

    tie: Tensor
    fixed: Tensor
    component: Tensor


def ties(table: PartTable, length: int) -> Ties:
    """Read the ties off a table for `length` frames."""
    people, device = table.num_people, table.group.device
    groups = max_groups(table)
    group = torch.where(table.in_interaction(length), table.at_frames(table.group, length), -1)  # (B, P, T)
    together = group[..., None] == torch.arange(groups, device=device)
    alone = (group < 0).all(-1)  # (B, P)
    first = torch.arange(length, device=device) == 0
    own = (alone[..., None] & first)[..., None] & torch.eye(people, dtype=torch.bool, device=device)[:, None]
    tie = torch.cat((together, own), dim=-1)

    belongs = tie.any(2)  # (B, P, K)
    reach = (belongs.double() @ belongs.double().transpose(1, 2)) > 0  # (B, P, P)
    for _ in range(people.bit_length()):
        reach = (reach.double() @ reach.double()) > 0
    component = reach.double().argmax(-1)  # the first person reached
    # An anchor is the frame of its component's world if no earlier anchor lies in the same component.
    anchor_component = torch.where(belongs, component[..., None], people).amin(1)  # (B, K), `people` where unused
    same = anchor_component[:, :, None] == anchor_component[:, None, :]
    earlier = torch.ones_like(same[0]).tril(-1)
    fixed = ~(same & earlier).any(-1) | (anchor_component == people)
    return Ties(tie.double(), fixed, component)


def path_matrix(tied: Tensor, w_abs: float = W_ABS, w_vel: float = W_VEL) -> Tensor:
    """The normal matrix (..., T, T) of one person's path, from where it is tied (..., T)."""
    length = tied.shape[-1]
    steps = torch.full((length - 1,), float(w_vel), dtype=tied.dtype, device=tied.device)
    inner = torch.zeros(length, dtype=tied.dtype, device=tied.device)
    inner[1:] += steps
    inner[:-1] += steps
    return torch.diag_embed(w_abs * tied + inner) - torch.diag(steps, 1) - torch.diag(steps, -1)


def solve_roots(
    features: Tensor, table: PartTable, w_abs: float = W_ABS, w_vel: float = W_VEL
) -> tuple[Tensor, Tensor]:
    """Headings (B, P, T) in radians and pelvis places (B, P, T, 2) = (x, z) in metres, in the world.

    features (B, P, T, 273), not normalised. The world is the shared frame (see `frames`) of the first interaction.
    People whom no interaction connects stand side by side at frame 0, 1.5 m apart along +x in order of their index,
    facing +z if they never interact. Beyond a sequence's length people stay where they were. Solved in float64;
    differentiable with respect to the features.
    """
    _check(features, table)
    length = features.shape[2]
    known = ties(table, length)
    tie = known.tie.to(torch.complex128)
    factor = torch.linalg.cholesky(path_matrix(known.tie.sum(-1), w_abs, w_vel))
    moving = torch.arange(length - 1, device=features.device) < table.length[:, None] - 1  # (B, T - 1)
    moving = moving[:, None].double()

    def part(name: str) -> Tensor:
        return features[..., SLICES[name]].double()

    # Headings, turned back by the yaw rates so far: y_t = z_t e^(-i turned_t).
    turned = torch.nn.functional.pad((part("yaw_rate")[..., :-1, 0] * moving).cumsum(-1), (1, 0))
    together = tie[..., : max_groups(table)].sum(-1).real  # (B, P, T)
    angle = table.at_frames(table.angle.double(), length) * together
    mine = torch.polar(torch.ones_like(angle), angle)
    seen = _unit(torch.view_as_complex(part("heading").contiguous())) * mine
    c = torch.where(together > 0, seen, torch.ones_like(seen))
    back = torch.polar(torch.ones_like(turned), -turned)
    y, anchor = _solve(factor, tie * (c * back)[..., None], known, None, w_abs)
    z, anchor = _unit(y * back.conj()), _unit(anchor)

    # Places.
    turn = (tie @ anchor[:, None, :, None]).squeeze(-1) * mine  # a_k with the person's angle, where tied
    place = _complex(part("root_xz")) * turn * together
    drive = z[..., :-1] * _complex(part("root_velocity"))[..., :-1] * moving * w_vel
    force = torch.nn.functional.pad(drive, (1, 0)) - torch.nn.functional.pad(drive, (0, 1))
    x, _ = _solve(factor, tie, known, (place, force), w_abs)
    x = x + _side_by_side(x[..., 0], known.component)[..., None]
    heading = torch.angle(z).to(features.dtype)
    return heading, torch.stack((x.imag, x.real), dim=-1).to(features.dtype)


def decode(
    features: Tensor, table: PartTable, fps: float, timelines: list[Timeline] | None = None
) -> list[tuple[Motion, Tensor]]:
    """Motions in the world and contacts (P, T, 4) in 0..1, one pair per sequence, cut to its length.

    features (B, P, T, 273), not normalised. A pose comes from `rotations`, its place from `solve_roots`.
    """
    if not torch.isfinite(features).all():
        raise ValueError("features hold numbers that are not finite")
    heading, root_xz = solve_roots(features, table)
    if timelines is not None and len(timelines) != len(features):
        raise ValueError(f"timelines must be one per sequence ({len(features)}), got {len(timelines)}")
    upright = matrix_from_6d(features[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6)))
    yaw = yaw_quaternion(heading)[..., None, :].expand(*upright.shape[:-2], 4)
    local = local_rotations(quaternion_multiply(yaw, matrix_to_quaternion(upright)))
    height = features[..., SLICES["root_height"]]
    trans = torch.cat((root_xz[..., :1], height, root_xz[..., 1:]), dim=-1)
    contacts = features[..., SLICES["contacts"]].clamp(0, 1)
    decoded = []
    for b, frames in enumerate(table.length.tolist()):
        timeline = timelines[b] if timelines is not None else None
        motion = Motion.from_quaternions(local[b, :, :frames], trans[b, :, :frames], fps, timeline)
        decoded.append((motion, contacts[b, :, :frames]))
    return decoded


def _solve(
    factor: Tensor, tie: Tensor, known: Ties, data: tuple[Tensor, Tensor] | None, w_abs: float
) -> tuple[Tensor, Tensor]:
    """Minimise sum w_abs |y_t - b_t - tie_t . a|^2 + (steps) over paths y (B, P, T) and anchors a (B, K), complex.

    tie (B, P, T, K) complex. data: b (B, P, T) and the steps' right-hand side (B, P, T); None means both are 0 and
    the fixed anchors are 1, otherwise the fixed anchors are 0.
    """
    response = _cholesky_solve(factor, w_abs * tie)  # of each path to each anchor
    weight = tie.abs().square()
    pull = w_abs * (torch.diag_embed(weight.sum((1, 2))).to(tie) - (tie.conj().transpose(-1, -2) @ response).sum(1))
    if data is None:
        path = torch.zeros_like(tie[..., 0])
        right = torch.zeros_like(pull[..., 0])
        given = known.fixed.to(tie)
    else:
        b, force = data
        path = _cholesky_solve(factor, (w_abs * b * weight.sum(-1) + force)[..., None])[..., 0]
        right = w_abs * (tie.conj() * (path - b)[..., None]).sum((1, 2))
        given = torch.zeros_like(pull[..., 0])
    # Replace the rows of fixed anchors by a = given.
    free = (~known.fixed).to(tie)
    matrix = pull * free[:, :, None] * free[:, None, :] + torch.diag_embed(1 - free)
    right = free * (right - (pull @ given[..., None])[..., 0]) + given
    anchor = torch.linalg.solve(matrix, right)
    return path + (response @ anchor[:, None, :, None])[..., 0], anchor


def _cholesky_solve(factor: Tensor, right: Tensor) -> Tensor:
    """Complex right-hand sides (..., T, K) of a real factor (..., T, T)."""
    columns = torch.cholesky_solve(torch.cat((right.real, right.imag), dim=-1), factor)
    real, imaginary = columns.chunk(2, dim=-1)
    return torch.complex(real.contiguous(), imaginary.contiguous())


def _side_by_side(start: Tensor, component: Tensor) -> Tensor:
    """Shifts (B, P), complex, that put components 1.5 m apart along +x at frame 0, centred; 0 if all are connected.

    start (B, P) complex places at frame 0, component (B, P).
    """
    people = component.shape[-1]
    index = torch.arange(people, device=component.device)
    inside = component[..., None] == index  # (B, P, C), component c named by its first person
    used = inside.any(1)
    x = start.imag[..., None]
    low = torch.where(inside, x, torch.inf).amin(1).nan_to_num(posinf=0.0)
    high = torch.where(inside, x, -torch.inf).amax(1).nan_to_num(neginf=0.0)
    width = torch.where(used, high - low + SPACING, torch.zeros_like(low))
    left = width.cumsum(-1) - width
    whole = width.sum(-1, keepdim=True) - SPACING
    depth = (start.real[..., None] * inside).sum(1) / inside.sum(1).clamp_min(1)
    shift = torch.complex(-depth, left - low - whole / 2)
    several = (used.sum(-1, keepdim=True) > 1).to(shift)
    return (shift * several).gather(-1, component)


def _complex(xz: Tensor) -> Tensor:
    return torch.complex(xz[..., 1].contiguous(), xz[..., 0].contiguous())


def _unit(value: Tensor) -> Tensor:
    """Complex numbers divided by their length; 1 where there is no direction at all."""
    length = value.abs()
    some = length > 1e-9
    return torch.where(some, value / torch.where(some, length, 1.0), torch.ones_like(value))


def _check(features: Tensor, table: PartTable) -> None:
    batch, people, _ = table.kind.shape
    if features.ndim != 4 or features.shape[:2] != (batch, people) or features.shape[3] != FEATURE_DIM:
        raise ValueError(
            f"features must be ({batch}, {people}, T, {FEATURE_DIM}) to match the table, got {tuple(features.shape)}"
        )
    if features.shape[2] < 2:
        raise ValueError(f"the root solver needs 2 frames or more, got {features.shape[2]}")
