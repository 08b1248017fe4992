"""Stage 2, REC: train the coordinator on meetings that a frozen CMDM got nearly right.

    python -m training.train_rec --data DIR --ins runs/ins --out runs/rec
    accelerate launch -m training.train_rec --data DIR --ins runs/ins --out runs/rec

L_R = L_rela + 0.5 L_dm + reconstruction (where there is a truth) + penetration, foot slide, nearness and labelled
contact (where there is none). Every term has a weight of its own; 0 switches it off. Started again with the same
--out, a run resumes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
import tyro
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor, nn
from tqdm import tqdm

from intersyn import losses
from intersyn.body.capsules import penetration_depth
from intersyn.data.layouts import LayoutChoice
from intersyn.data.paired_solos import PAIRED_SOLOS
from intersyn.diffusion import CosineSchedule
from intersyn.features import SLICES, Normalizer, pose_joints
from intersyn.models.coordinator import Coordinator, CoordinatorConfig
from intersyn.networks import INS, REC, Denoiser, INSConfig, RECConfig
from training.common import (
    EMA,
    Batch,
    BatchMaker,
    Clock,
    InputError,
    Log,
    build_text_cache,
    learning_rate,
    load_state,
    make_dataset,
    make_optimizers,
    plain_attention,
    run_command,
    save_state,
    step_optimizers,
)
from training.rec_samples import DENOISED, KIND_NAMES, PERTURBED, SAMPLED, Meeting, denoise_once, perturb, sample
from training.warm_start import agreed_sizes, beginning, check_text_sizes, sizes_of_state


@dataclass(frozen=True)
class Weights:
    """Of the terms of L_R; 0 switches one off."""

    rela: float = 1.0
    dm: float = 0.5
    reconstruction: float = 1.0
    near: float = 1.0  # sampled meetings: Huber distance to what came in
    penetration: float = 2.0
    slide: float = 1.0
    contact: float = 1.0  # sampled meetings: labelled points beyond 3 cm of each other


@dataclass(frozen=True)
class Config:
    data: tuple[Path, ...]  # as in training.train_ins
    ins: Path  # the run folder of training.train_ins
    out: Path
    init: Path | None = None  # start from this exported coordinator and its sizes
    text: str | None = None
    texts: Path | None = None  # as in training.train_ins
    model: CoordinatorConfig = field(default_factory=CoordinatorConfig)
    weights: Weights = field(default_factory=Weights)
    steps: int = 2000
    batch_size: int = 24
    denoised: int = 10  # of a batch; the rest after `perturbed` is sampled
    perturbed: int = 7
    layouts: LayoutChoice = field(default_factory=LayoutChoice)  # as in training.train_ins
    paired_solos: int = PAIRED_SOLOS
    pool: int = 192  # sampled meetings kept in memory; a part of them is drawn anew every `refresh` steps
    refresh: int = 200
    sample_steps: int = 12
    guidance_scale: float = 2.5
    lr: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 50
    ema_decay: float = 0.995
    clip: float = 1.0
    seed: int = 0
    mixed_precision: str = "bf16"
    max_minutes: float | None = None
    log_every: int = 25
    save_every: int = 250


def rec_losses(
    model: nn.Module, normalizer: Normalizer, meeting: Meeting, weights: Weights, order: list[int]
) -> dict[str, Tensor]:
    """All terms of L_R on one batch, `total` included."""
    batch = meeting.batch
    phi = model(meeting.u, batch.table, batch.text, order).float()
    metric = normalizer.inverse(phi, batch.exists)
    together = batch.interacting  # (B, P, T)
    truth = meeting.has_truth[:, None, None].float()
    free = (1 - truth) * together
    exists = batch.exists.float()

    terms: dict[str, Tensor] = {}
    last = torch.zeros_like(truth).expand(-1, phi.shape[1], -1).clone()
    last[:, order[-1]] = 1  # phi_y: the person refined against an already refined partner
    terms["rela"] = losses.relation_loss(phi, meeting.u, exists * (free * last)[..., None])
    terms["near"] = losses.relation_loss(phi, meeting.u, exists * free[..., None])

    parts = losses.reconstruction_parts(phi, batch.x0, exists * (together * truth)[..., None])
    terms["reconstruction"] = sum(losses.PART_WEIGHTS[name] * value for name, value in parts.items())
    joints, true_joints = pose_joints(metric), pose_joints(batch.metric)
    steps, true_steps = losses.joint_steps(metric, joints), losses.joint_steps(batch.metric, true_joints)
    terms["reconstruction"] = terms["reconstruction"] + losses.joint_error(joints, true_joints, together * truth)
    terms["reconstruction"] = terms["reconstruction"] + losses.velocity_error(steps, true_steps, together * truth)
    standing = normalizer.inverse(meeting.u, batch.exists)[..., SLICES["contacts"]]  # what the sample itself says
    terms["slide"] = losses.foot_contact_error(steps, standing, free)

    both = together.amin(1)  # (B, T): everyone interacts
    free_both = both * (1 - truth[:, 0])
    terms["contact"] = losses.contact_error(metric, joints, batch.table, batch.touches, free_both)
    joints = losses.shared_joints(metric, joints, batch.table)
    true_joints = losses.shared_joints(batch.metric, true_joints, batch.table)
    terms["dm"] = losses.distance_map_loss(
        losses.distance_maps(joints), losses.distance_maps(true_joints), both * truth[:, 0]
    )
    # Only frames that count are looked at: padded ones have no body, and capsules of no length no distance.
    met = free_both > 0
    depth = penetration_depth(joints[:, 0][met], joints[:, 1][met]).sum((-1, -2)) / losses.STEP_SCALE
    terms["penetration"] = depth.sum() / met.sum().clamp_min(1)
    terms["total"] = sum(getattr(weights, name) * value for name, value in terms.items())
    return terms


class Refine(nn.Module):
    """The sweep with its texts read inside forward, so that DDP sees one call per step."""

    def __init__(self, coordinator: Coordinator) -> None:
        super().__init__()
        self.coordinator = coordinator

    def forward(self, u: Tensor, table, text, order: list[int]) -> Tensor:
        return self.coordinator.sweep(u, table, self.coordinator.encode_text(table, text), order)


class Pool:
    """Sampled meetings: slow to make, so they are kept and used several times, a quarter replaced at each refresh."""

    def __init__(
        self, maker: BatchMaker, cmdm: Denoiser, schedule: CosineSchedule, config: Config, uncoupled: float = 0.5
    ) -> None:
        self.maker, self.cmdm, self.schedule, self.config, self.uncoupled = maker, cmdm, schedule, config, uncoupled
        self.size = config.batch_size - config.denoised - config.perturbed
        if self.size < 0:
            raise ValueError(
                f"{config.denoised} denoised and {config.perturbed} perturbed do not fit {config.batch_size}"
            )
        self.slots: dict[int, tuple[int, Batch, Tensor]] = {}

    def __call__(self, step: int, rank: int) -> tuple[Batch, Tensor]:
        """One kept batch of them. What it holds is a function of (step, rank), so that resuming changes nothing."""
        count = max(1, self.config.pool // self.size)
        slot = int(torch.randint(count, (1,), generator=torch.Generator().manual_seed(step * 64 + rank)))
        age = step // self.config.refresh
        made = max(0, age - (age - slot) % 4)  # the latest refresh whose turn it was to replace this slot
        if slot not in self.slots or self.slots[slot][0] != made:
            index = (2 * 10**8 + (made * count + slot)) * 64 + rank
            batch = self.maker(index, "interleaved", self.size)
            generator = torch.Generator().manual_seed(index)
            settings = self.config.sample_steps, self.config.guidance_scale, self.uncoupled
            self.slots[slot] = (made, batch, sample(self.cmdm, self.schedule, batch, generator, *settings))
        return self.slots[slot][1:]


def uncoupled_share(ins: INSConfig) -> float:
    """How many meetings are made without the partner: half, as far as the INS was trained that way."""
    return 0.5 if ins.coupled and ins.uncoupled else float(ins.uncoupled)


def meetings(step: int, rank: int, ranks: int, pool: Pool) -> list[Meeting]:
    """The three kinds of one step, each with its own batch (their lengths differ)."""
    maker, cmdm, schedule, config = pool.maker, pool.cmdm, pool.schedule, pool.config
    generator = torch.Generator().manual_seed((config.seed * 1_000_003 + step) * 64 + rank)
    made = []
    for kind, count in ((DENOISED, config.denoised), (PERTURBED, config.perturbed)):
        if not count:
            continue
        batch = maker((10**8 + 2 * step + kind) * ranks + rank, "interleaved", count)
        if kind == DENOISED:
            u = denoise_once(cmdm, schedule, batch, generator, pool.uncoupled)
        else:
            u = perturb(batch, maker.normalizer, generator)
        made.append(Meeting(u, torch.full((count,), kind, device=u.device), batch))
    if pool.size:
        batch, u = pool(step, rank)
        made.append(Meeting(u, torch.full((len(u),), SAMPLED, device=u.device), batch))
    return made


def main(config: Config) -> None:
    # The null text, which guidance needs, is part of the trunk and has no use here: DDP must not wait for its gradient.
    several = DistributedDataParallelKwargs(find_unused_parameters=True)
    accelerator = Accelerator(mixed_precision=config.mixed_precision, kwargs_handlers=[several])
    device, rank, ranks = accelerator.device, accelerator.process_index, accelerator.num_processes
    torch.manual_seed(config.seed)
    plain_attention(device)

    if not (config.ins / "ins").is_dir():
        raise InputError(f"{config.ins} holds no folder ins: --ins is the --out of a run of training.train_ins")
    resume, init = beginning(config.out, config.init, say=accelerator.print)
    start = REC.load(init) if init else None
    sizes = config.model
    if start is not None:
        sizes = agreed_sizes(config.model, start.config.model, init)
    elif resume is not None:
        sizes = agreed_sizes(config.model, sizes_of_state(resume, CoordinatorConfig), resume)
    ins = INS.load(config.ins / "ins")
    cmdm, normalizer = ins.model.to(device), ins.normalizer.to(device)
    drawn = {"paired_solos": config.paired_solos, "layouts": config.layouts}
    dataset = make_dataset(config.data, "train", config.seed, device, **drawn)
    config.out.mkdir(parents=True, exist_ok=True)
    cache = build_text_cache(dataset.texts, config.text, config.texts or config.out / "texts.safetensors")
    if start is not None:
        check_text_sizes(sizes, cache, init)
    maker = BatchMaker(dataset, cache, normalizer, device)
    schedule = CosineSchedule().to(device)
    pool = Pool(maker, cmdm, schedule, config, uncoupled_share(ins.config))

    text_sizes = {"pooled_dim": cache.pooled_dim, "token_dim": cache.token_dim}
    model_config = CoordinatorConfig(**{**asdict(sizes), **text_sizes})
    config = replace(config, model=model_config)
    coordinator = Coordinator(model_config).to(device)
    if start is not None:
        coordinator.load_state_dict(start.model.state_dict())
    optimizers = make_optimizers(coordinator, config.lr, config.weight_decay)
    ema = EMA(coordinator, config.ema_decay)
    first = load_state(resume, coordinator, ema, optimizers) if resume else 0
    model, *optimizers = accelerator.prepare(Refine(coordinator), *optimizers)
    log, clock = Log(config.out / "log.csv", first), Clock(config.max_minutes)
    if accelerator.is_main_process:
        millions = sum(p.numel() for p in coordinator.parameters()) / 1e6
        print(f"{millions:.2f}M parameters, steps {first} to {config.steps}")

    state = config.out / "state.pt"
    sums: dict[str, list[Tensor]] = {}
    bar = tqdm(range(first, config.steps), initial=first, total=config.steps, disable=not accelerator.is_main_process)
    for step in bar:
        # Nobody is always refined first in training; at use person 0 is.
        order = torch.randperm(2, generator=torch.Generator().manual_seed(step)).tolist()
        made = meetings(step, rank, ranks, pool)
        for meeting in made:
            kind = int(meeting.kind[0])
            terms = rec_losses(model, normalizer, meeting, config.weights, order)
            accelerator.backward(terms["total"] * len(meeting.u) / config.batch_size)
            for name, value in terms.items():
                if kind == SAMPLED or name in ("reconstruction", "dm"):
                    sums.setdefault(f"{KIND_NAMES[kind]}_{name}", []).append(value.detach())
        accelerator.clip_grad_norm_(model.parameters(), config.clip)
        factor = learning_rate(step, config.steps, config.warmup, 0.3)
        step_optimizers(optimizers, config.lr * factor)
        ema.update(coordinator, step)

        done = step + 1
        over = clock.spent(device)
        if accelerator.is_main_process:
            if done % config.log_every == 0:
                values = {name: float(torch.stack(v).mean()) for name, v in sums.items()}
                log.write(done, {"lr": config.lr * factor, **values})
                bar.set_postfix({n: f"{v:.3f}" for n, v in values.items() if n.endswith(("dm", "penetration"))})
            if done % config.save_every == 0 or done == config.steps or over:
                save_state(state, done, coordinator, ema, optimizers, config)
                REC(ema.fill(Coordinator(model_config)), RECConfig(model_config, done)).save(config.out / "rec")
        if done % config.log_every == 0:
            sums = {}
        if over:
            accelerator.print(f"stopped at step {done} by --max-minutes; run the same command to go on")
            break


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
