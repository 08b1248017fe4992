"""What the coordinator learns from: three kinds of imperfect meetings.

A sample from pure noise has no true partner, and pulling it to one would teach averaging; so only the first two kinds
are compared with the truth, while sampled ones are asked to stay close and to be physically sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from intersyn.diffusion import CosineSchedule
from intersyn.features import SLICES, Normalizer
from intersyn.models.coordinator import taper
from intersyn.models.guidance import guided
from intersyn.networks import Denoiser
from intersyn.skeleton import JOINT, NUM_JOINTS
from training.common import Batch

DENOISED, PERTURBED, SAMPLED = 0, 1, 2
KIND_NAMES = ("denoised", "perturbed", "sampled")
T_RANGE = (50, 400)  # diffusion steps of the denoised kind
SHIFT, TURN, LAG, LIMB = 0.15, 0.26, 6, 0.25  # metres, radians (15 degrees), frames, radians: spread of perturbations
_ARMS = [JOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("shoulder", "elbow", "wrist")]


@dataclass(frozen=True)
class Meeting:
    """u (B, P, T, 273) normalised: what the coordinator gets; kind (B,) says how it was made."""

    u: Tensor
    kind: Tensor
    batch: Batch

    @property
    def has_truth(self) -> Tensor:
        return self.kind != SAMPLED


@torch.no_grad()
def denoise_once(
    cmdm: Denoiser, schedule: CosineSchedule, batch: Batch, generator: torch.Generator, uncoupled: float = 0.5
) -> Tensor:
    """Truth noised to t in T_RANGE and denoised in one call by the frozen CMDM; a share of them without the partner."""
    size, device = len(batch.x0), batch.x0.device
    t = torch.randint(*T_RANGE, (size,), generator=generator).to(device)
    noise = torch.randn(batch.x0.shape, generator=generator).to(device) * batch.exists
    coupled = (torch.rand(size, generator=generator) >= uncoupled).to(device)
    x_t = schedule.q_sample(batch.x0, t, noise)
    return cmdm(x_t, t, batch.table, cmdm.encode_text(batch.table, batch.text), coupled).float()


def perturb(batch: Batch, normalizer: Normalizer, generator: torch.Generator) -> Tensor:
    """Truth with one person of each row moved, turned, late and with noisy arms, faded in over the taper."""
    size, people, frames = batch.metric.shape[:3]
    device = batch.metric.device

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(device)

    who = F.one_hot(torch.randint(people, (size,), generator=generator), people).to(device)
    weight = taper(batch.table, frames) * who[:, :, None]  # (B, P, T)
    lag = (normal(size, 1, 1) * LAG / 2).clamp(-LAG, LAG) * weight
    at = (torch.arange(frames, device=device) + lag).round().long()
    at = torch.minimum(at.clamp_min(0), batch.table.length[:, None, None] - 1)
    late = batch.metric.gather(2, at[..., None].expand_as(batch.metric))

    angle = normal(size, 1, 1) * TURN / 2 * weight
    cos, sin = late[..., SLICES["heading"]].unbind(-1)
    heading = torch.stack((cos * angle.cos() - sin * angle.sin(), sin * angle.cos() + cos * angle.sin()), dim=-1)
    root = late[..., SLICES["root_xz"]] + normal(size, 1, 1, 2) * SHIFT / 2 * weight[..., None]
    arms = late[..., SLICES["rotations"]].unflatten(-1, (NUM_JOINTS, 6)).clone()
    slow = F.interpolate(normal(size * people, 6 * len(_ARMS), max(2, frames // 8)), size=frames, mode="linear")
    slow = slow.reshape(size, people, len(_ARMS), 6, frames).permute(0, 1, 4, 2, 3)
    arms[..., _ARMS, :] += slow * LIMB / 2 * weight[..., None, None]

    late = late.clone()
    late[..., SLICES["heading"]], late[..., SLICES["root_xz"]] = heading, root
    late[..., SLICES["rotations"]] = arms.flatten(-2)
    return normalizer(late, batch.exists)


@torch.no_grad()
def sample(
    cmdm: Denoiser, schedule: CosineSchedule, batch: Batch, generator: torch.Generator, steps: int,
    guidance_scale: float, uncoupled: float = 0.5,
) -> Tensor:  # fmt: skip
    """From pure noise with the batch's texts and timelines, by guided DDIM; half without the partner."""
    size, device = len(batch.x0), batch.x0.device
    noise = torch.randn(batch.x0.shape, generator=generator).to(device) * batch.exists
    coupled = (torch.rand(size, generator=generator) >= uncoupled).to(device)
    predict = guided(cmdm, batch.table, batch.text, guidance_scale, coupled)
    return schedule.ddim_sample(lambda x_t, t: predict(x_t, t).float(), noise, steps)
