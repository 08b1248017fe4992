"""Speed and memory: generation by stage, each setting beside the page's default, bodies, and training's data path.

    python -m training.benchmark                             # the bundled checkpoint, 2 threads
    python -m training.benchmark --checkpoint runs/bundle --repeats 15 --device cuda
    python -m training.benchmark --data DATA                 # also training with and without its data, and composing

Seconds are medians over repeats after one warm-up and belong to the machine they were measured on; ratios are taken
within one run, alternating the things compared, and travel better.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro

from intersyn.body.capsules import penetration_depth
from intersyn.body.contact import skin_contacts
from intersyn.body.model import load_body_model
from intersyn.data.compose.bases import Bases
from intersyn.data.compose.composer import compose
from intersyn.data.compose.declaration import read_programs
from intersyn.data.compose.solver import SolverConfig
from intersyn.data.sample import list_examples, load_sample, to_motion
from intersyn.data.store import ClipStore
from intersyn.diffusion import CosineSchedule
from intersyn.models.cmdm import CMDM, CMDMConfig
from intersyn.pipeline import VARIANTS, InterSynPipeline
from intersyn.skeleton import global_rotations
from intersyn.timeline import Part, Segment, Timeline

TEXTS = ("a person walks forward", "two people salsa dance", "a person waves with the right hand")


@dataclass(frozen=True)
class Config:
    """What to measure, and how often."""

    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    device: str = "cpu"
    threads: int = 2
    frames: int = 196
    repeats: int = 9
    data: tuple[Path, ...] = ()  # what training.prepare wrote: measures training and composing as well
    text: str | None = None  # text encoder of training, as in training.train_ins
    batch_size: int = 32


def timeline(frames: int, people: int = 2) -> Timeline:
    """The page's default scaled to `frames`: solo, interaction of everyone, solo."""
    start, end = round(frames * 70 / 196), round(frames * 130 / 196)
    before, after = (tuple(Part((p,), text) for p in range(people)) for text in (TEXTS[0], TEXTS[2]))
    together = (Part(tuple(range(people)), TEXTS[1]),)
    return Timeline((Segment(0, start, before), Segment(start, end, together), Segment(end, frames, after)))


def medians(jobs: dict[str, Callable[[], object]], repeats: int, device: str) -> dict[str, float]:
    """Median seconds of each job. The jobs take turns, so that a busy moment of the machine hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for k in range(repeats + 1):
        for name, job in jobs.items():
            begin = time.perf_counter()
            job()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            if k > 0:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in seconds.items()}


@torch.inference_mode()
def stages(pipe: InterSynPipeline, config: Config) -> dict[str, float]:
    """Median seconds of each stage of `full` at the checkpoint's defaults."""
    variant = VARIANTS["full"]
    request = pipe.prepare(timeline(config.frames))
    noise = pipe.noise(request, 0)
    x0 = pipe.denoise(request, noise, variant, 1, 1.0)
    jobs = {
        "texts": lambda: pipe.prepare(timeline(config.frames)),
        "INS": lambda: pipe.denoise(request, noise, variant, pipe.config.steps, pipe.config.guidance_scale),
        "REC": lambda: pipe.refine(request, x0),
        "decoding": lambda: pipe.decode(request, x0, pipe.ins["ins"].normalizer),
    }
    return medians(jobs, config.repeats, config.device)


def settings(pipe: InterSynPipeline, config: Config) -> dict[str, float]:
    """Median seconds of whole generations, one setting changed at a time."""
    default, steps = timeline(config.frames), pipe.config.steps
    jobs = {
        "the default": lambda: pipe(default),
        "no guidance": lambda: pipe(default, guidance_scale=1.0),
        "half the steps": lambda: pipe(default, steps=max(1, steps // 2)),
        "twice the steps": lambda: pipe(default, steps=2 * steps),
        "twice the frames": lambda: pipe(timeline(2 * config.frames)),
        "3 people": lambda: pipe(timeline(config.frames, 3)),
        "4 people": lambda: pipe(timeline(config.frames, 4)),
        "with clean-up": lambda: pipe(default, clean_up=True),
        "with contact guidance": lambda: pipe(default, contact_guidance=1.0),
        "with both, as the page begins": lambda: pipe(default, clean_up=True, contact_guidance=1.0),
    }
    return medians(jobs, max(3, config.repeats // 3), config.device)


def bodies(config: Config) -> dict[str, float]:
    """Median seconds of posing the default body, and of measuring how two people touch, in a bundled clip of a hug."""
    store, body = load_sample(), load_body_model()
    hug = to_motion(store, next(example for example in list_examples(store) if example.clips[0].action == "hug"))
    rotations = global_rotations(hug.quaternions())
    joints = hug.joints()
    frames = list(range(hug.frames))
    poses = [frames[k % hug.frames] for k in range(400)]
    touching = frames[hug.frames // 2]
    jobs = {
        "posing 400 frames of one person": lambda: body.vertices(hug, 0, poses),
        f"capsules of two, {hug.frames} frames": lambda: penetration_depth(*joints, rotations=tuple(rotations)),
        "skins of two, the frame of a hug": lambda: skin_contacts(hug, body, [touching]),
    }
    return medians(jobs, max(3, config.repeats // 3), "cpu")


def training(config: Config) -> dict[str, float]:
    """Median seconds of drawing one interleaved batch, and of one optimisation step on a batch that is there."""
    from training import train_ins
    from training.common import BatchMaker, build_text_cache, make_dataset, make_optimizers

    dataset = make_dataset(config.data, "train", 0, config.device)
    with tempfile.TemporaryDirectory() as folder:
        cache = build_text_cache(dataset.texts, config.text, Path(folder) / "texts.safetensors")
    maker = BatchMaker(dataset, cache, None, config.device)
    model = CMDM(CMDMConfig(pooled_dim=cache.pooled_dim, token_dim=cache.token_dim)).to(config.device)
    trainable = train_ins.TrainableDenoiser(model)
    schedule = CosineSchedule().to(config.device)
    optimizers = make_optimizers(model, 1e-4, 0.01)
    settings = train_ins.Config(data=config.data, out=Path("unused"), batch_size=config.batch_size)
    batch = maker(0, "interleaved", config.batch_size)
    generator = torch.Generator().manual_seed(0)
    drawn = iter(range(1, 10**9))

    def step() -> None:
        with torch.autocast(torch.device(config.device).type, torch.bfloat16):
            terms = train_ins.ins_losses(trainable, schedule, maker.normalizer, batch, settings, 1e-3, generator)
        terms["total"].backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    jobs = {"drawing a batch": lambda: maker(next(drawn), "interleaved", config.batch_size), "training on it": step}
    return medians(jobs, max(3, config.repeats), config.device)


def composing(data: Path, clips: int, solver: SolverConfig, repeats: int) -> tuple[float, float]:
    """Median seconds of one clip in a batch of handshakes, and what of them is the solver's, in processor time."""
    program, bases = read_programs()["handshake"], Bases(ClipStore.load(data, ("train",)), "train")
    solving: list[float] = []

    def batch() -> None:
        made = compose(program, bases, np.random.SeedSequence(0).spawn(clips), solver)
        solving.append(sum(clip.seconds for clip in made))

    whole = medians({"composing": batch}, repeats, "cpu")["composing"]
    return whole / clips, statistics.median(solving[1:]) / clips


def peak_megabytes(device: str) -> float:
    """The process's highest resident memory so far, or the GPU's highest allocation."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(config: Config) -> None:
    """Measure and print three Markdown tables."""
    torch.set_num_threads(config.threads)
    begin = time.perf_counter()
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, config.device)
    loading = time.perf_counter() - begin
    sizes = {name: ins.model for name, ins in pipe.ins.items()} | {"text": pipe.text_encoder}
    if pipe.rec is not None:
        sizes["rec"] = pipe.rec.model
    parameters = ", ".join(
        f"{name} {sum(p.numel() for p in module.parameters()) / 1e6:.2f}M" for name, module in sizes.items()
    )
    print(f"Checkpoint {pipe.config.name} ({parameters}), loaded in {loading:.2f} s.")
    print(
        f"{config.frames} frames of 2 people, {pipe.config.steps} steps, guidance {pipe.config.guidance_scale:g}; "
        f"{config.device}, {config.threads} threads; medians of {config.repeats}.\n"
    )
    by_stage = stages(pipe, config)
    total = sum(by_stage.values())
    print("| stage | seconds | share |\n|---|---|---|")
    for name, seconds in by_stage.items():
        print(f"| {name} | {seconds:.3f} | {seconds / total:.0%} |")
    print(f"| all | {total:.3f} | |\n")
    by_setting = settings(pipe, config)
    print("| setting | seconds | beside the default |\n|---|---|---|")
    for name, seconds in by_setting.items():
        print(f"| {name} | {seconds:.3f} | {seconds / by_setting['the default']:.2f} |")
    print(f"\nPeak memory {peak_megabytes(config.device):.0f} MB.")
    print("\n| bodies | seconds |\n|---|---|")
    for name, seconds in bodies(config).items():
        print(f"| {name} | {seconds:.3f} |")
    if config.data:
        drawing, step = training(config).values()
        print(
            f"\nTraining, batches of {config.batch_size}: {1 / (drawing + step):.2f} it/s; on one batch again and again"
        )
        print(f"{1 / step:.2f} it/s: drawing takes {drawing / step:.0%} of a step's time.")
        whole, solving = composing(config.data[0], 16, SolverConfig(), max(1, config.repeats // 3))
        print(f"\nComposing 16 handshakes: {whole:.2f} s a clip, of which the solver takes {solving:.2f} s.")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
