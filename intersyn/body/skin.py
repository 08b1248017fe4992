"""Linear blend skinning: where the vertices of a body lie in given poses (numpy, for figures and pictures)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from intersyn.body.default import Body
from intersyn.rotations import quaternion_to_matrix
from intersyn.skeleton import global_rotations, joints_from_global


def skin(body: Body, rotations: Tensor, root: Tensor) -> np.ndarray:
    """Vertices (..., V, 3) float32 in metres, in the frame of `root`, of a body in the given poses.

    rotations (..., 22, 4) local unit quaternions, root (..., 3) pelvis positions. Joints stand where the common
    skeleton's forward kinematics puts them. Raises `ValueError` for other shapes.
    """
    if rotations.shape[:-2] != root.shape[:-1] or root.shape[-1:] != (3,):
        raise ValueError(f"rotations {tuple(rotations.shape)} need roots (..., 3) to match, got {tuple(root.shape)}")
    with torch.no_grad():
        turned = global_rotations(rotations.detach().float().cpu())
        joints = joints_from_global(turned, root.detach().float().cpu())
        matrices = quaternion_to_matrix(turned)  # (..., 22, 3, 3)
        shift = joints - (matrices @ torch.from_numpy(body.joints)[:, :, None]).squeeze(-1)
        moves = torch.cat((matrices, shift[..., None]), -1).flatten(-2)  # (..., 22, 12): each bone's affine map
        blended = (torch.from_numpy(body.weights) @ moves).unflatten(-1, (3, 4))  # (..., V, 3, 4)
        vertices = (blended[..., :3] @ torch.from_numpy(body.vertices)[:, :, None]).squeeze(-1) + blended[..., 3]
    return vertices.numpy()
