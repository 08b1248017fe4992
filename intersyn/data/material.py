"""A clip store made ready for fusion: on a device, with what seams are matched by, mirrored when gathered."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from intersyn.data.store import ClipStore
from intersyn.rotations import rotate_xz, wrap_angle
from intersyn.skeleton import (
    FOOT_JOINTS,
    MIRROR_JOINTS,
    NUM_JOINTS,
    global_rotations,
    joints_from_global,
    mirror_contacts,
    mirror_positions,
    mirror_rotations,
)

# A seam compares where the joints are and how fast they move; a velocity counts like this many frames of drift.
VELOCITY_FRAMES = 5.0
SEAM_SIZE = NUM_JOINTS * 6
_CHUNK = 16384


@dataclass(frozen=True)
class Material:
    """The F rows of a store, followed by their F reflections, so that mirroring is a matter of the row.

    rotations (2F, 22, 4), root (2F, 3), contacts (2F, 4): as in the store.
    heading (2F,): yaw of the pelvis in radians. seam (2F, 132) half: joints and their step to the next frame (scaled by
    VELOCITY_FRAMES) relative to the pelvis's floor point and heading, metres; (22, 6) flattened.
    first, last (C,): the rows at which the store's clips begin and end, in ascending order.
    """

    rotations: Tensor
    root: Tensor
    contacts: Tensor
    heading: Tensor
    seam: Tensor
    first: Tensor
    last: Tensor

    @staticmethod
    def from_store(store: ClipStore, device: torch.device | str = "cpu") -> Material:
        """Compute headings and seam features once. Raises `ValueError` where the store's tensors disagree."""
        count = store.rotations.shape[0]
        for name, value, shape in (
            ("rotations", store.rotations, (count, NUM_JOINTS, 4)),
            ("root", store.root, (count, 3)),
            ("contacts", store.contacts, (count, len(FOOT_JOINTS))),
        ):
            if tuple(value.shape) != shape:
                raise ValueError(f"the store's {name} must be {shape}, got {tuple(value.shape)}")
        rotations, root = store.rotations.to(device).float(), store.root.to(device).float()
        contacts = store.contacts.to(device).float()
        spans = sorted((clip.start, clip.start + clip.frames - 1) for clip in store.clips)
        first, last = torch.tensor(spans, device=device).reshape(-1, 2).unbind(-1)
        heading = quaternion_heading(rotations[:, 0])
        following = (torch.arange(count, device=device) + 1).clamp(max=count - 1)
        following[last] = last  # a clip's last frame stands still; the next row belongs to another clip
        joints = torch.empty(count, NUM_JOINTS, 3, device=device)
        seam = torch.empty(2, count, SEAM_SIZE, dtype=torch.float16, device=device)
        for a in range(0, count, _CHUNK):
            rows = slice(a, a + _CHUNK)
            joints[rows] = joints_from_global(global_rotations(rotations[rows]), root[rows])
        for a in range(0, count, _CHUNK):
            rows = slice(a, a + _CHUNK)
            features = _seam_features(joints[rows], joints[following[rows]], root[rows], heading[rows])
            sign = features.new_tensor((-1.0, 1.0, 1.0, -1.0, 1.0, 1.0))
            seam[0, rows] = features.flatten(1).half()
            seam[1, rows] = (features[:, list(MIRROR_JOINTS)] * sign).flatten(1).half()
        return Material(
            torch.cat((rotations, mirror_rotations(rotations))),
            torch.cat((root, mirror_positions(root))),
            torch.cat((contacts, mirror_contacts(contacts))),
            torch.cat((heading, -heading)),
            seam.flatten(0, 1),
            first.contiguous(),
            last.contiguous(),
        )

    @property
    def device(self) -> torch.device:
        return self.rotations.device

    def pose(self, rows: Tensor, mirror: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Local quaternions (..., 22, 4), root (..., 3) and contacts (..., 4) at rows (...), reflected where asked."""
        rows = self._at(rows, mirror)
        return self.rotations[rows], self.root[rows], self.contacts[rows]

    def floor_pose(self, rows: Tensor, mirror: Tensor) -> tuple[Tensor, Tensor]:
        """Floor position of the pelvis (..., 2) and heading (...) at rows (...), reflected where asked."""
        rows = self._at(rows, mirror)
        return self.root[rows][..., ::2], self.heading[rows]

    def seam_at(self, rows: Tensor, mirror: Tensor) -> Tensor:
        """Seam features (..., 22, 6) at rows (...), reflected where asked."""
        return self.seam[self._at(rows, mirror)].float().unflatten(-1, (NUM_JOINTS, 6))

    def _at(self, rows: Tensor, mirror: Tensor) -> Tensor:
        count = len(self.heading) // 2
        return rows.clamp(0, count - 1) + count * mirror


def seam_cost(a: Tensor, b: Tensor) -> Tensor:
    """Mean over joints of the squared distance of pose and velocity, metres squared: (..., 22, 6) -> (...)."""
    return (a - b).square().sum(-1).mean(-1)


def seam_costs(a: Tensor, b: Tensor) -> Tensor:
    """`seam_cost` of everyone with everyone: (..., K, 22, 6) and (..., M, 22, 6) -> (..., K, M)."""
    return torch.cdist(a.flatten(-2), b.flatten(-2)).square() / NUM_JOINTS


def quaternion_heading(pelvis: Tensor) -> Tensor:
    """Heading (...) in radians of a pelvis quaternion (..., 4): the yaw of its lateral axis."""
    w, x, y, z = pelvis.unbind(-1)
    return torch.atan2(2 * (w * y - x * z), 1 - 2 * (y * y + z * z))


def align(target: tuple[Tensor, Tensor], source: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The floor transform (yaw (...), shift (..., 2)) that takes a source floor pose to the target's.

    A floor pose is (position (..., 2) metres, heading (...) radians); the transform is x -> R(yaw) x + shift.
    """
    yaw = wrap_angle(target[1] - source[1])
    return yaw, target[0] - rotate_xz(source[0], yaw)


def moved(pose: tuple[Tensor, Tensor], yaw: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """A floor pose after the floor transform (yaw, shift)."""
    return rotate_xz(pose[0], yaw) + shift, pose[1] + yaw


def _seam_features(joints: Tensor, following: Tensor, root: Tensor, heading: Tensor) -> Tensor:
    floor = root * root.new_tensor((1.0, 0.0, 1.0))
    both = torch.cat((joints - floor[:, None], VELOCITY_FRAMES * (following - joints)), dim=-1)  # (N, 22, 6)
    turn = -heading[:, None, None].expand(-1, NUM_JOINTS, 2)
    flat = rotate_xz(both.unflatten(-1, (2, 3))[..., (0, 2)], turn)
    height = both.unflatten(-1, (2, 3))[..., 1]
    return torch.stack((flat[..., 0], height, flat[..., 1]), dim=-1).flatten(-2)
