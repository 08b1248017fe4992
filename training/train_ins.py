"""Stage 1, INS: train the CMDM on interleaved and solo sequences with L_I = L_rec + 0.1 L_smooth.

    python -m training.train_ins --data DIR --out runs/ins                        # one CPU or one GPU
    accelerate launch -m training.train_ins --data DIR --out runs/ins             # many
    python -m training.train_ins --data DIR --out runs/ins_no_smooth --fork runs/ins --no-smooth
    python -m training.train_ins --data DIR --out runs/own --init intersyn/checkpoints/ins       # fine-tune
    python -m training.train_ins --data DIR --out runs/mutual --kind mutual --uncouple 0         # a baseline

The second form of the ablation forks from the same weights at `fork_at` of the budget and sees the same data and
noise, so that `no_smooth` differs from `full` by the loss term alone. Started again with the same --out, a run resumes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
import tyro
from accelerate import Accelerator
from torch import Tensor, nn
from tqdm import tqdm

from intersyn import losses
from intersyn.data.layouts import LayoutChoice
from intersyn.data.paired_solos import PAIRED_SOLOS
from intersyn.diffusion import CosineSchedule
from intersyn.features import SLICES, Normalizer, pose_joints
from intersyn.files import atomic_write
from intersyn.models.cmdm import CMDMConfig
from intersyn.networks import INS, Denoiser, INSConfig
from training.common import (
    EMA,
    Batch,
    BatchMaker,
    Clock,
    Kind,
    Log,
    build_text_cache,
    learning_rate,
    load_state,
    make_dataset,
    make_optimizers,
    plain_attention,
    run_command,
    save_state,
    save_tensors,
    step_optimizers,
)
from training.prefetch import Prefetch
from training.utilisation import Meter, sentence
from training.warm_start import agreed_sizes, beginning, check_kind, check_text_sizes, normalizer_file, sizes_of_state


@dataclass(frozen=True)
class Config:
    data: tuple[Path, ...]  # one folder or several that training.prepare and training.compose wrote
    out: Path
    fork: Path | None = None  # start from the fork state of this run
    init: Path | None = None  # start from this exported network, its sizes and its normaliser
    normalizer: Path | None = None  # take that of this run; a new run's own is fitted to what it is shown
    smooth: bool = True  # False is the ablation `no_smooth`
    text: str | None = None  # text encoder: None is the bundled tower, or "ViT-L-14/openai"
    texts: Path | None = None  # file of encoded texts, made if need be; texts.safetensors in `out` if not given
    kind: Literal["cmdm", "mutual"] = "cmdm"  # the paper's denoiser, or InterGen's shape (see `models.baselines`)
    model: CMDMConfig = field(default_factory=CMDMConfig)
    layouts: LayoutChoice = field(default_factory=LayoutChoice)  # of training's interleaved sequences
    steps: int = 6000
    batch_size: int = 32
    lr: float = 1.5e-3
    weight_decay: float = 0.01
    warmup: int = 100
    fork_at: float = 0.6  # share of the budget where no_smooth leaves and the learning rate starts to fall
    ema_decay: float = 0.998
    clip: float = 1.0
    solo_every: int = 3  # every third batch is solo; the rest is interleaved; 0: no batch is solo
    drop_all: float = 0.1
    drop_each: float = 0.1
    uncouple: float = 0.2  # share of samples whose partner is hidden; 1: the paper's strict first person
    paired_solos: int = PAIRED_SOLOS
    seed: int = 0
    mixed_precision: str = "bf16"
    max_minutes: float | None = None
    log_every: int = 25
    val_every: int = 500
    save_every: int = 500
    repeat_batch: bool = False  # reuse one batch: speed without the data path
    prefetch: bool = True  # draw the next batch while this one trains; the run is the same
    compile: bool = False  # torch.compile: minutes at the start, then faster on a GPU


def ins_losses(
    model: nn.Module, schedule: CosineSchedule, normalizer: Normalizer, batch: Batch, config: Config, rms: float,
    generator: torch.Generator, t: Tensor | None = None,
) -> dict[str, Tensor]:  # fmt: skip
    """All terms of L_I on one batch, `total` included. model: a `TrainableDenoiser`.

    t fixes the diffusion steps: validation, in which no text is dropped and partners are seen if training shows any.
    """
    device, size = batch.x0.device, len(batch.x0)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(device)

    noise = torch.randn(batch.x0.shape, generator=generator).to(device) * batch.exists
    steps = (uniform(size) * schedule.num_train_timesteps).long() if t is None else t
    drop = (uniform(size, 1, 1) < config.drop_all) | (uniform(*batch.table.kind.shape) < config.drop_each)
    coupled = uniform(size) >= config.uncouple
    if t is not None:
        drop, coupled = torch.zeros_like(drop), torch.full_like(coupled, config.uncouple < 1)

    x_t = schedule.q_sample(batch.x0, steps, noise)
    x0 = model(x_t, steps, batch.table, batch.text, drop, coupled).float()

    terms = losses.reconstruction_parts(x0, batch.x0, batch.exists.float())
    metric, truth, weight = normalizer.inverse(x0, batch.exists), batch.metric, batch.weight
    geometric = weight * (steps <= losses.GEOMETRY_MAX_T)[:, None, None]
    joints, true_joints = pose_joints(metric), pose_joints(truth)
    moved, truly_moved = losses.joint_steps(metric, joints), losses.joint_steps(truth, true_joints)
    terms["joints"] = losses.joint_error(joints, true_joints, geometric)
    terms["steps"] = losses.velocity_error(moved, truly_moved, geometric)
    terms["feet"] = losses.foot_contact_error(moved, truth[..., SLICES["contacts"]], geometric)
    terms["root_moves"] = losses.root_consistency(metric, truth, geometric * batch.interacting)
    terms["smooth"] = losses.smooth_loss(metric, truth, batch.seams, geometric, rms)
    l_rec = sum(losses.PART_WEIGHTS.get(name, 1.0) * value for name, value in terms.items() if name != "smooth")
    terms["total"] = l_rec + (0.1 * terms["smooth"] if config.smooth else 0.0)
    return terms


class TrainableDenoiser(nn.Module):
    """The denoiser with its texts read inside forward, so that DDP sees one call per step."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.denoiser = denoiser

    def forward(self, x_t, t, table, text, drop, coupled) -> Tensor:
        return self.denoiser(x_t, t, table, self.denoiser.encode_text(table, text, drop), coupled)


@torch.no_grad()
def validate(model, schedule, normalizer, batches: list[Batch], config: Config, rms: float) -> dict[str, float]:
    """Mean losses over fixed held-out batches and a grid of diffusion steps."""
    sums: dict[str, float] = {}
    levels = (50, 300, 600, 900)
    for k, batch in enumerate(batches):
        for level in levels:
            generator = torch.Generator().manual_seed(1000 * k + level)
            t = torch.full((len(batch.x0),), level, device=batch.x0.device)
            for name, value in ins_losses(model, schedule, normalizer, batch, config, rms, generator, t).items():
                sums[f"val_{name}"] = sums.get(f"val_{name}", 0.0) + float(value) / (len(levels) * len(batches))
    return sums


def kind_of(step: int, config: Config) -> Kind:
    """Every `solo_every`-th batch is solo."""
    solo = config.solo_every > 0 and step % config.solo_every == config.solo_every - 1
    return "solo" if solo else "interleaved"


def forward_once(denoiser: Denoiser, batch: Batch) -> Tensor:
    """One pass over a batch, for its operations to be counted."""
    steps = torch.zeros(len(batch.x0), dtype=torch.long, device=batch.x0.device)
    return denoiser(batch.x0, steps, batch.table, denoiser.encode_text(batch.table, batch.text))


def main(config: Config) -> None:
    accelerator = Accelerator(mixed_precision=config.mixed_precision)
    device, rank, ranks = accelerator.device, accelerator.process_index, accelerator.num_processes
    torch.manual_seed(config.seed)
    plain_attention(device)

    resume, init = beginning(config.out, config.init, config.fork, accelerator.print)
    saved_normalizer = normalizer_file(config.out, config.init, config.fork, config.normalizer)
    start = INS.load(init) if init else None
    sizes = config.model
    if start is not None:
        check_kind(config.kind, start.config.kind, init)
        sizes = agreed_sizes(config.model, start.config.model, init)
    elif resume is not None:
        sizes = agreed_sizes(config.model, sizes_of_state(resume, CMDMConfig), resume)
    drawn = {"paired_solos": config.paired_solos, "layouts": config.layouts}
    dataset = make_dataset(config.data, "train", config.seed, device, **drawn)
    # All runs are validated on sequences of all kinds, so that their curves can be compared.
    val_set = make_dataset(config.data, "val", config.seed + 1, device, paired_solos=config.paired_solos)
    config.out.mkdir(parents=True, exist_ok=True)
    texts = [*dataset.texts, *val_set.texts]
    cache = build_text_cache(texts, config.text, config.texts or config.out / "texts.safetensors")

    normalizer = None
    if start is not None:
        check_text_sizes(sizes, cache, init)
        normalizer = start.normalizer
    elif saved_normalizer.exists():
        normalizer = Normalizer()
        normalizer.load_state_dict(torch.load(saved_normalizer, weights_only=True))
    maker = BatchMaker(dataset, cache, normalizer, device)
    normalizer = maker.normalizer
    if accelerator.is_main_process and (start is not None or not (config.out / "normalizer.pt").exists()):
        save_tensors(config.out / "normalizer.pt", normalizer.state_dict())
    val_maker = BatchMaker(val_set, cache, normalizer, device)
    val_batches = [val_maker(k, "solo" if k == 3 else "interleaved", 16) for k in range(4)]
    probe = maker(10**7, "interleaved", 64)
    rms = losses.second_difference_rms(probe.metric, probe.seams, probe.weight)

    model_config = CMDMConfig(**{**asdict(sizes), "pooled_dim": cache.pooled_dim, "token_dim": cache.token_dim})
    config = replace(config, model=model_config)
    exported = INSConfig(model_config, config.smooth, kind=config.kind, uncouple=config.uncouple)
    denoiser = exported.network().to(device)
    if start is not None:
        denoiser.load_state_dict(start.model.state_dict())
    schedule = CosineSchedule().to(device)
    optimizers = make_optimizers(denoiser, config.lr, config.weight_decay)
    ema = EMA(denoiser, config.ema_decay)

    first = load_state(resume, denoiser, ema, optimizers) if resume else 0
    trainable = TrainableDenoiser(denoiser)
    if config.compile:  # lengths differ from batch to batch
        trainable.compile(dynamic=True)
    model, *optimizers = accelerator.prepare(trainable, *optimizers)
    # Validation is the first process's alone (DDP would wait for the others) and is not worth compiling.
    bare = accelerator.prepare_model(TrainableDenoiser(denoiser), evaluation_mode=True)
    log, clock = Log(config.out / "log.csv", first), Clock(config.max_minutes)
    if accelerator.is_main_process:
        print(f"{sum(p.numel() for p in denoiser.parameters()) / 1e6:.2f}M parameters, {len(texts)} texts, "
              f"seam rms {rms * 1000:.2f} mm/frame^2, steps {first} to {config.steps}")  # fmt: skip

    def export(done: int) -> None:
        INS(ema.fill(exported.network()), normalizer, replace(exported, steps=done)).save(config.out / "ins")

    if start is not None and accelerator.is_main_process:  # row 0: what the run has to improve on
        with _swapped(denoiser, ema):
            log.write(0, validate(bare, schedule, normalizer, val_batches, config, rms))
    state = config.out / "state.pt"
    sums: dict[str, list[Tensor]] = {}
    bar = tqdm(range(first, config.steps), initial=first, total=config.steps, disable=not accelerator.is_main_process)
    kept: dict[str, Batch] = {}

    def draw(step: int) -> Batch:
        kind = kind_of(step, config)
        if kind not in kept or not config.repeat_batch:
            kept[kind] = maker(step * ranks + rank, kind, config.batch_size * (2 if kind == "solo" else 1))
        return kept[kind]

    meter = Meter(device, ranks)
    batches = Prefetch(draw, first, config.steps, device, config.prefetch)
    for step in bar:
        batch = batches(step)
        meter.add(kind_of(step, config), batch, batches.waited, lambda batch=batch: forward_once(denoiser, batch))
        generator = torch.Generator().manual_seed((config.seed * 1_000_003 + step) * 64 + rank)
        terms = ins_losses(model, schedule, normalizer, batch, config, rms, generator)
        accelerator.backward(terms["total"])
        norm = accelerator.clip_grad_norm_(model.parameters(), config.clip)
        factor = learning_rate(step, config.steps, config.warmup, config.fork_at)
        step_optimizers(optimizers, config.lr * factor)
        ema.update(denoiser, step)

        done = step + 1
        for name, value in {**terms, "grad_norm": norm}.items():
            sums.setdefault(name, []).append(value.detach())
        over = clock.spent(device)
        if accelerator.is_main_process:
            if done % config.log_every == 0:
                values = {name: float(torch.stack(v).mean()) for name, v in sums.items()}
                if done % config.val_every == 0 or done == config.steps:
                    with _swapped(denoiser, ema):
                        values |= validate(bare, schedule, normalizer, val_batches, config, rms)
                log.write(done, {"lr": config.lr * factor, **values})
                bar.set_postfix(total=f"{values['total']:.3f}", val=f"{values.get('val_total', float('nan')):.3f}")
            if done == int(config.fork_at * config.steps):
                save_state(config.out / "fork.pt", done, denoiser, ema, optimizers, config)
            if done % config.save_every == 0 or done == config.steps or over:
                save_state(state, done, denoiser, ema, optimizers, config)
                export(done)
        if done % config.log_every == 0:
            sums = {}
        if over:
            accelerator.print(f"stopped at step {done} by --max-minutes; run the same command to go on")
            break
    batches.close()
    if accelerator.is_main_process and (used := meter.report(batches.waited)) is not None:
        print(sentence(used))
        with atomic_write(config.out / "utilisation.json", "w") as file:
            json.dump(used, file, indent=1)


class _swapped:
    """Inside, the model carries its averaged weights."""

    def __init__(self, model: nn.Module, ema: EMA) -> None:
        self.model, self.ema = model, ema

    def __enter__(self) -> None:
        self.kept = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.ema.fill(self.model).eval()

    def __exit__(self, *_: object) -> None:
        self.model.load_state_dict(self.kept)
        self.model.train()


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
