"""Contact guidance: while motion is sampled, people are kept out of each other and, on request, brought to touch.

In the last part of the DDIM trajectory every prediction x0 takes a few steps down the gradient of

    E = OVERLAP/2 sum_t sum_k w_tk d_tk^2  +  1/2 sum_contacts sum_t max(0, |a_t - b_t| - CONTACT_GAP)^2 / n_t

with d_tk the depths in metres of the capsules of two interacting people in one another (`body.capsules`), w_tk = d_tk
/ sum_k d_tk, so that a frame with many overlaps is not pushed many times as far; a, b the points of a `Contact`, and
n_t how many of them the two have at once. Contacts are named, or read off the texts (`touches`). It may move two
things: where a person stands in the interaction, and the turn of shoulders and elbows. Steps are in metres and
radians, smoothed over time (SIGMA), so that they add no jerk; places and steps of the root change together, or the
root solver would believe neither. The network sees what was done at its next step and answers it.

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
from intersyn.features import SLICES, Normalizer, placed_in_shared, shared_place
from intersyn.rotations import axis_angle_to_matrix, matrix_from_6d, matrix_to_6d, rotate_xz
from intersyn.skeleton import JOINT, NUM_JOINTS, joints_from_global_matrices
from intersyn.timeline import Timeline
from intersyn.touches import Contact, Wish, placed

GUIDED_BELOW = 400  # diffusion step from which on x0 has limbs worth correcting
ITERATIONS, LAST_ITERATIONS = 5, 20  # gradient steps on a prediction, and after REC; none once all is as it should be
ROOT_STEP, ARM_STEP = 0.5, 0.6  # a scale of 1 undoes one overlap of trunks; arms have levers of half a metre or less
ROOT_SIGMA, ARM_SIGMA = 12.0, 3.0  # frames; a slow shift slides planted feet less
OVERLAP = 3.0  # weight of overlaps beside gaps: without it hands are brought together through bodies
CONTACT_GAP = 0.02  # metres between two points of the skin that touch
# What turns with each of the four joints that are turned: itself and all beyond it.
_TURNED = [
    [JOINT[f"{side}_{name}"] for name in chain]
    for side in ("left", "right")
    for chain in (("shoulder", "elbow", "wrist"), ("elbow", "wrist"))
]


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
        self, table: PartTable, exists: Tensor, normalizer: Normalizer, scale: float,
        contacts: Sequence[Contact] = (), wishes: Sequence[Wish] = (),
    ) -> None:  # fmt: skip
        """table and exists (1, P, T, 273) of the request; scale: 1 about undoes one overlap in a step.

        contacts: whose frames are known; wishes: what finds its side, roles and frames on the first sample it sees.
        """
        with torch.inference_mode(False):  # what comes from a pipeline's call could not be differentiated through
            self._table = PartTable(**{field.name: getattr(table, field.name).clone() for field in fields(table)})
            self._exists, self._normalizer, self._scale = exists.clone(), normalizer, scale
            people, frames = exists.shape[1:3]
            together = self._table.in_interaction(frames)
            group = torch.where(together, self._table.at_frames(self._table.group, frames), -1)[0]  # (P, T)
            first, second = torch.triu_indices(people, people, 1, device=group.device)
            met = (group[first] == group[second]) & (group[first] >= 0)
            self._frames = met.any(0).nonzero()[:, 0]  # (F,) in which anybody interacts
            # people a and b (n) who interact in the n-th of these frames
            pair, self._met = met[:, self._frames].nonzero(as_tuple=True)
            self._a, self._b = first[pair], second[pair]
            self.contacts, self._wishes = tuple(contacts), tuple(wishes)
            self._rows = _ContactRows.of(contacts, group.device)
            self._root_kernel = _kernel(group, ROOT_SIGMA)
            self._arm_kernel = _kernel(torch.zeros_like(group), ARM_SIGMA)
            same = (group[:, 1:] == group[:, :-1]) & (group[:, 1:] >= 0)
            self._steps = F.pad(same, (0, 1))[None, ..., None]  # (1, P, T, 1) both ends of a step are in it

    def __call__(self, x0: Tensor, t: int) -> Tensor:
        """The prediction x0 at diffusion step t, corrected; the same tensor where there is nothing to correct.

        t = 0 is what has been sampled: the last word, which takes more iterations.
        """
        if t >= GUIDED_BELOW or not len(self._frames):
            return x0
        with torch.inference_mode(False), torch.enable_grad():
            metric = self._normalizer.inverse(x0.clone(), self._exists)
            sample = _Sample(metric, self._table, self._frames)
            self._grant(sample)
            shift = metric.new_zeros((*metric.shape[:3], 2))
            turns = metric.new_zeros((*metric.shape[:3], len(_TURNED), 3))
            for _ in range(ITERATIONS if t else LAST_ITERATIONS):
                shift.requires_grad_(True), turns.requires_grad_(True)
                energy = self._energy(sample, shift[0, :, self._frames], turns[0, :, self._frames])
                if energy is None:
                    break
                down, around = torch.autograd.grad(energy, (shift, turns))
                shift = (shift - self._scale * ROOT_STEP * _smooth(self._root_kernel, down)).detach()
                turns = (turns - self._scale * ARM_STEP * _smooth(self._arm_kernel, around)).detach()
            with torch.no_grad():
                moved = bool(shift.any()) or bool(turns.any())
                return x0 + self._change(metric, shift, turns) / self._normalizer.std if moved else x0

    def _grant(self, sample: _Sample) -> None:
        """Give the wishes their frames, side and roles: those in which the sample comes nearest to them."""
        if not self._wishes:
            return

        pose = sample.pose()

        def distance(contacts: Sequence[Contact]) -> Tensor:
            rows = _ContactRows.of(contacts, sample.device)
            apart = torch.zeros(len(contacts), self._exists.shape[2])  # wishes look at frames of interactions alone
            apart[:, self._frames.cpu()] = rows.distance(sample.placed(rows.points(*pose))).cpu()
            return apart

        with torch.no_grad():
            self.contacts += tuple(contact for wish in self._wishes for contact in placed(wish, distance))
        self._wishes = ()
        self._rows = _ContactRows.of(self.contacts, sample.device)

    def _energy(self, sample: _Sample, shift: Tensor, turns: Tensor) -> Tensor | None:
        """E of a sample moved by shift (P, F, 2) metres in each one's own first-person frame and turned by rotation
        vectors (P, F, 4, 3) at `_TURNED` in the heading frame; None if there is nothing to correct.
        """
        joints, rotations = sample.pose(turns)
        points = sample.placed(torch.cat((joints, self._rows.points(joints, rotations)), dim=-2), shift)
        bodies = points[..., :NUM_JOINTS, :]
        ends_a, ends_b = capsule_ends(bodies[self._a, self._met]), capsule_ends(bodies[self._b, self._met])
        (row, _), depth = capsule_contacts(ends_a, ends_b)
        if not len(depth) and not self._rows.count:
            return None
        with torch.no_grad():
            total = depth.new_zeros(len(self._met)).index_add(0, row, depth)
            weight = depth / total[row]
        touching = self._rows.energy(points[..., NUM_JOINTS:, :], self._frames)
        return 0.5 * (OVERLAP * (weight * depth.square()).sum() + touching)

    def _change(self, metric: Tensor, shift: Tensor, turns: Tensor) -> Tensor:
        """What the features change by, all parts that say the same thing together."""
        change = torch.zeros_like(metric)
        everywhere = _Sample(metric, self._table, torch.arange(metric.shape[2], device=metric.device))
        (was_joints, was), (joints, rotations) = everywhere.pose(), everywhere.pose(turns[0])
        moved = joints - was_joints
        cos, sin = metric[..., SLICES["heading"]].unbind(-1)
        step = F.pad(shift.diff(dim=2), (0, 0, 0, 1)) * self._steps
        step = rotate_xz(step, -torch.atan2(sin, cos))
        change[..., SLICES["root_xz"]] = shift
        change[..., SLICES["root_velocity"]] = step
        change[..., SLICES["rotations"]] = (matrix_to_6d(rotations) - matrix_to_6d(was)).flatten(-2)
        change[..., SLICES["positions"]] = moved[..., 1:, :].flatten(-2)
        faster = F.pad(moved.diff(dim=1), (0, 0, 0, 0, 0, 1))
        faster[..., ::2] += step[0, ..., None, :]
        change[..., SLICES["velocities"]] = faster.flatten(-2)
        return change


class _Sample:
    """Everybody in F of the frames of one request, what does not change while E goes down computed once."""

    def __init__(self, metric: Tensor, table: PartTable, frames: Tensor) -> None:
        """metric: features (1, P, T, 273) in metres; frames (F,)."""
        features = metric[0, :, frames]
        self.device = metric.device
        self._rotations = matrix_from_6d(features[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6)))
        height = features[..., SLICES["root_height"]]
        self._pelvis = torch.cat((torch.zeros_like(height), height, torch.zeros_like(height)), dim=-1)
        self._angle = table.at_frames(table.angle, metric.shape[2])[0, :, frames]
        self._to_shared, self._place = shared_place(features, self._angle)

    def pose(self, turns: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Joints (P, F, 22, 3) and global rotations (P, F, 22, 3, 3) in the heading frame.

        turns (P, F, 4, 3): rotation vectors by which shoulders and elbows are turned.
        """
        rotations = self._rotations
        if turns is not None:
            spins = axis_angle_to_matrix(turns)
            parts = list(rotations.unbind(-3))
            for k, chain in enumerate(_TURNED):
                for joint in chain:
                    parts[joint] = spins[..., k, :, :] @ parts[joint]
            rotations = torch.stack(parts, dim=-3)
        return joints_from_global_matrices(rotations, self._pelvis), rotations

    def placed(self, points: Tensor, shift: Tensor | None = None) -> Tensor:
        """Points (P, F, K, 3) of the heading frame in the frame of the interaction at hand; shift (P, F, 2)."""
        place = self._place if shift is None else self._place + rotate_xz(shift, self._angle)
        return placed_in_shared(points, self._to_shared, place)


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
        """All points of all contacts on every body, in its heading frame: (P, F, 2 K, 3)."""
        chosen = [POINTS[POINT_NAMES[k]] for k in self.point.flatten().tolist()]
        index = [point.joint for point in chosen]
        offset = joints.new_tensor([point.offset for point in chosen]).view(len(chosen), 3, 1)
        return joints[..., index, :] + (rotations[..., index, :, :] @ offset)[..., 0]

    def distance(self, points: Tensor) -> Tensor:
        """(K, F) metres between the two points of each contact, of points (P, F, 2 K, 3)."""
        k = torch.arange(self.count, device=points.device)
        a, b = points[self.who[:, 0], :, 2 * k], points[self.who[:, 1], :, 2 * k + 1]  # (K, T, 3)
        return ((a - b).square().sum(-1) + 1e-12).sqrt()

    def energy(self, points: Tensor, frames: Tensor) -> Tensor:
        """Of points (P, F, 2 K, 3) in `frames` (F,): squared gaps, of what two people touch at once their mean."""
        gap = self.distance(points) - CONTACT_GAP
        named = (frames >= self.span[:, :1]) & (frames < self.span[:, 1:])
        pair = self.who.sort(dim=1).values
        alike = (pair[:, None] == pair[None]).all(-1).to(gap.dtype)  # (K, K)
        at_once = (alike @ named.to(gap.dtype)).clamp_min(1)
        return (gap.clamp_min(0).square() * named / at_once).sum()


def _kernel(group: Tensor, sigma: float) -> Tensor:
    """(P, T, T) Gaussian weights over frames of the same group (P, T); rows sum to one."""
    at = torch.arange(group.shape[-1], device=group.device, dtype=torch.float32)
    weight = torch.exp(-0.5 * ((at[:, None] - at) / sigma).square()) * (group[..., :, None] == group[..., None, :])
    return weight / weight.sum(-1, keepdim=True)


def _smooth(kernel: Tensor, values: Tensor) -> Tensor:
    """Values (1, P, T, ...) averaged over time."""
    return (kernel @ values[0].flatten(2)).view(values.shape)
