"""Contact guidance: while motion is sampled, people are kept out of each other and, on request, brought to touch.

In the last part of the DDIM trajectory every prediction x0 takes a few steps down the gradient of

    E = 1/2 sum_t sum_k w_tk d_tk^2  +  1/2 sum_contacts sum_t max(0, |a_t - b_t| - CONTACT_GAP)^2

with d_tk the depths in metres of the capsules of two interacting people in one another (`body.capsules`), w_tk =
d_tk / sum_k d_tk, so that a frame with many overlaps is not pushed many times as far, and a, b the points of a
`Contact`. It may move two things: where a person stands in the interaction, and the turn of shoulders and elbows. Steps
are in metres and radians, smoothed over time (SIGMA), so that they add no jerk; places and steps of the root change
together, or the root solver would believe neither. The network sees what was done at its next step and answers it.

Reconstruction guidance on x0 as in diffusion posterior sampling (Chung et al., 2023), without the network's Jacobian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.body.capsules import capsule_contacts, capsule_ends
from intersyn.body.points import POINT_NAMES, POINTS
from intersyn.conditions import PartTable
from intersyn.features import SLICES, Normalizer, shared_joints
from intersyn.rotations import axis_angle_to_matrix, matrix_from_6d, matrix_to_6d, rotate_xz
from intersyn.skeleton import JOINT, NUM_JOINTS, joints_from_global_6d
from intersyn.timeline import Timeline

GUIDED_BELOW = 400  # diffusion step from which on x0 has limbs worth correcting
ITERATIONS = 10  # gradient steps on each prediction at most; none once nothing overlaps
ROOT_STEP, ARM_STEP = 0.5, 0.6  # a scale of 1 undoes one overlap of trunks; arms have levers of half a metre or less
ROOT_SIGMA, ARM_SIGMA = 12.0, 3.0  # frames; a slow shift slides planted feet less
CONTACT_GAP = 0.02  # metres between two points of the skin that touch
# What turns with each of the four joints that are turned: itself and all beyond it.
_TURNED = [
    [JOINT[f"{side}_{name}"] for name in chain]
    for side in ("left", "right")
    for chain in (("shoulder", "elbow", "wrist"), ("elbow", "wrist"))
]


@dataclass(frozen=True)
class Contact:
    """Two points of two people's bodies (`body.points.POINTS`) that are to touch in frames [start, end)."""

    person: int
    point: str
    other: int
    other_point: str
    start: int
    end: int


def check_contacts(contacts: Sequence[Contact], timeline: Timeline) -> None:
    """Raise `ValueError` with one sentence unless everyone named interacts with the other then."""
    for contact in contacts:
        for name in (contact.point, contact.other_point):
            if name not in POINTS:
                raise ValueError(f"The body has no point {name!r} to touch with: choose one of {', '.join(POINTS)}.")
        span = f"frames {contact.start} to {contact.end}"
        if not 0 <= contact.start < contact.end <= timeline.frames:
            raise ValueError(f"A contact's {span} must lie in order within the timeline's {timeline.frames}.")
        pair = {contact.person, contact.other}
        for segment in timeline.segments:
            during = segment.start < contact.end and contact.start < segment.end
            if during and not any(len(pair) == 2 and pair <= set(part.people) for part in segment.parts):
                raise ValueError(f"People {contact.person} and {contact.other} do not interact throughout {span}.")


class ContactGuide:
    """x0 = guide(x0, t): normalised features (1, P, T, 273) of one request in and out."""

    def __init__(
        self, table: PartTable, exists: Tensor, normalizer: Normalizer, scale: float, contacts: Sequence[Contact] = ()
    ) -> None:
        """table and exists (1, P, T, 273) of the request; scale: 1 about undoes one overlap in a step."""
        with torch.inference_mode(False):  # what comes from a pipeline's call could not be differentiated through
            self._table = PartTable(**{field.name: getattr(table, field.name).clone() for field in fields(table)})
            self._exists, self._normalizer, self._scale = exists.clone(), normalizer, scale
            people, frames = exists.shape[1:3]
            together = self._table.in_interaction(frames)
            group = torch.where(together, self._table.at_frames(self._table.group, frames), -1)[0]  # (P, T)
            first, second = torch.triu_indices(people, people, 1, device=group.device)
            met = (group[first] == group[second]) & (group[first] >= 0)
            # people a and b (n) who interact in frame t (n)
            pair, self._frame = met.nonzero(as_tuple=True)
            self._a, self._b = first[pair], second[pair]
            self._contacts = _ContactRows.of(contacts, group.device)
            self._root_kernel = _kernel(group, ROOT_SIGMA)
            self._arm_kernel = _kernel(torch.zeros_like(group), ARM_SIGMA)
            same = (group[:, 1:] == group[:, :-1]) & (group[:, 1:] >= 0)
            self._steps = F.pad(same, (0, 1))[None, ..., None]  # (1, P, T, 1) both ends of a step are in it

    def __call__(self, x0: Tensor, t: int) -> Tensor:
        """The prediction x0 at diffusion step t, corrected; the same tensor where there is nothing to correct."""
        if t >= GUIDED_BELOW or not len(self._frame):
            return x0
        with torch.inference_mode(False), torch.enable_grad():
            metric = self._normalizer.inverse(x0.clone(), self._exists)
            shift = metric.new_zeros((*metric.shape[:3], 2))
            turns = metric.new_zeros((*metric.shape[:3], len(_TURNED), 3))
            for _ in range(ITERATIONS):
                shift.requires_grad_(True), turns.requires_grad_(True)
                energy = self.energy(metric, shift, turns)
                if energy is None:
                    break
                down, around = torch.autograd.grad(energy, (shift, turns))
                shift = (shift - self._scale * ROOT_STEP * _smooth(self._root_kernel, down)).detach()
                turns = (turns - self._scale * ARM_STEP * _smooth(self._arm_kernel, around)).detach()
            with torch.no_grad():
                moved = bool(shift.any()) or bool(turns.any())
                return x0 + self._change(metric, shift, turns) / self._normalizer.std if moved else x0

    def energy(self, metric: Tensor, shift: Tensor, turns: Tensor) -> Tensor | None:
        """E of features (1, P, T, 273) in metres, moved by shift (1, P, T, 2) in each one's own first-person frame and
        turned by rotation vectors (1, P, T, 4, 3) at `_TURNED` in the heading frame; None if nothing overlaps.
        """
        rotations = _turned(metric, turns)
        joints = joints_from_global_6d(matrix_to_6d(rotations), _pelvis(metric))
        placed = metric.clone()
        placed[..., SLICES["root_xz"]] = placed[..., SLICES["root_xz"]] + shift
        points = torch.cat((joints, self._contacts.points(joints, rotations)), dim=-2)
        points = shared_joints(placed, points, self._table)[0]  # (P, T, 22 + K, 3)
        bodies = points[..., :NUM_JOINTS, :]
        ends_a, ends_b = capsule_ends(bodies[self._a, self._frame]), capsule_ends(bodies[self._b, self._frame])
        (row, _), depth = capsule_contacts(ends_a, ends_b)
        if not len(depth) and not self._contacts.count:
            return None
        with torch.no_grad():
            total = depth.new_zeros(len(self._frame)).index_add(0, row, depth)
            weight = depth / total[row]
        return 0.5 * ((weight * depth.square()).sum() + self._contacts.energy(points[..., NUM_JOINTS:, :]))

    def _change(self, metric: Tensor, shift: Tensor, turns: Tensor) -> Tensor:
        """What the features change by, all parts that say the same thing together."""
        change = torch.zeros_like(metric)
        rotations = matrix_to_6d(_turned(metric, turns))
        joints = joints_from_global_6d(rotations, _pelvis(metric))
        was = matrix_to_6d(matrix_from_6d(metric[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6))))
        moved = joints - joints_from_global_6d(was, _pelvis(metric))
        cos, sin = metric[..., SLICES["heading"]].unbind(-1)
        step = F.pad(shift.diff(dim=2), (0, 0, 0, 1)) * self._steps
        step = rotate_xz(step, -torch.atan2(sin, cos))
        change[..., SLICES["root_xz"]] = shift
        change[..., SLICES["root_velocity"]] = step
        change[..., SLICES["rotations"]] = (rotations - was).flatten(-2)
        change[..., SLICES["positions"]] = moved[..., 1:, :].flatten(-2)
        faster = F.pad(moved.diff(dim=2), (0, 0, 0, 0, 0, 1))
        faster[..., ::2] += step[..., None, :]
        change[..., SLICES["velocities"]] = faster.flatten(-2)
        return change


@dataclass(frozen=True)
class _ContactRows:
    """Contacts as tensors: person and point of both (K, 2), frames (K, 2)."""

    who: Tensor
    point: Tensor
    span: Tensor

    @property
    def count(self) -> int:
        return len(self.who)

    @staticmethod
    def of(contacts: Sequence[Contact], device: torch.device) -> _ContactRows:
        rows = [(c.person, c.other, POINT_NAMES.index(c.point), POINT_NAMES.index(c.other_point), c.start, c.end)
                for c in contacts]  # fmt: skip
        return _ContactRows(*torch.tensor(rows, dtype=torch.long, device=device).view(len(rows), 3, 2).unbind(1))

    def points(self, joints: Tensor, rotations: Tensor) -> Tensor:
        """All points of all contacts on every body, in its heading frame: (1, P, T, 2 K, 3)."""
        chosen = [POINTS[POINT_NAMES[k]] for k in self.point.flatten().tolist()]
        index = [point.joint for point in chosen]
        offset = joints.new_tensor([point.offset for point in chosen]).view(len(chosen), 3, 1)
        return joints[..., index, :] + (rotations[..., index, :, :] @ offset)[..., 0]

    def energy(self, points: Tensor) -> Tensor:
        """Of points (P, T, 2 K, 3): the squared gaps in the frames named."""
        at, k = torch.arange(points.shape[1], device=points.device), torch.arange(self.count, device=points.device)
        a, b = points[self.who[:, 0], :, 2 * k], points[self.who[:, 1], :, 2 * k + 1]  # (K, T, 3)
        gap = ((a - b).square().sum(-1) + 1e-12).sqrt() - CONTACT_GAP
        named = (at >= self.span[:, :1]) & (at < self.span[:, 1:])
        return (gap.clamp_min(0).square() * named).sum()


def _turned(metric: Tensor, turns: Tensor) -> Tensor:
    """Global rotations (1, P, T, 22, 3, 3) in the heading frame, with shoulders and elbows turned."""
    rotations = matrix_from_6d(metric[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6)))
    spins = axis_angle_to_matrix(turns)
    parts = list(rotations.unbind(-3))
    for k, chain in enumerate(_TURNED):
        for joint in chain:
            parts[joint] = spins[..., k, :, :] @ parts[joint]
    return torch.stack(parts, dim=-3)


def _pelvis(metric: Tensor) -> Tensor:
    """The pelvis (1, P, T, 3) in the heading frame."""
    height = metric[..., SLICES["root_height"]]
    zero = torch.zeros_like(height)
    return torch.cat((zero, height, zero), dim=-1)


def _kernel(group: Tensor, sigma: float) -> Tensor:
    """(P, T, T) Gaussian weights over frames of the same group (P, T); rows sum to one."""
    at = torch.arange(group.shape[-1], device=group.device, dtype=torch.float32)
    weight = torch.exp(-0.5 * ((at[:, None] - at) / sigma).square()) * (group[..., :, None] == group[..., None, :])
    return weight / weight.sum(-1, keepdim=True)


def _smooth(kernel: Tensor, values: Tensor) -> Tensor:
    """Values (1, P, T, ...) averaged over time."""
    return (kernel @ values[0].flatten(2)).view(values.shape)
