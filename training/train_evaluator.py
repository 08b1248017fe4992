"""Train the evaluator: contrastive on real sequences and their segments, against texts with one part exchanged.

    python -m training.train_evaluator --data DATA COMPOSED --out runs/evaluator

Every step draws real interleaved sequences of the training split. Half of the batch stays whole, the other half is cut
to one segment of it. Motion and text of a row belong together; rows that ask for the same thing (`text_classes`) are no
rivals; each whole sequence also has to be told from its own text with one part exchanged and from itself with the two
people swapped, and every row from its own text with left and right, or the first and the second person, exchanged: no
batch holds enough such pairs by chance, and without them a text's side and roles hardly move its vector. Started again
with the same --out, a run resumes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from torch import Tensor, nn

from intersyn.data.dataset import InterleavedDataset
from intersyn.data.text_classes import TextClasses
from intersyn.metrics.retrieval import disjoint_pools, precision_among_texts, r_precision
from intersyn.models.evaluator import Evaluator, EvaluatorConfig, pad_motions
from intersyn.skeleton import global_rotations, joints_from_global
from intersyn.timeline import Part, Segment, Timeline, mirror_text, swap_roles
from training.common import load_clips, make_dataset, run_command
from training.fit_judge import fit
from training.sequences import whole_timeline


@dataclass(frozen=True)
class Config:
    data: tuple[Path, ...]  # folders of training.prepare and training.compose
    out: Path
    model: EvaluatorConfig = field(default_factory=EvaluatorConfig)
    steps: int = 3000
    batch_size: int = 64  # sequences drawn per step; half of them are cut to one segment
    lr: float = 6e-4
    weight_decay: float = 0.02
    warmup: int = 100
    decay_from: float = 0.4
    ema_decay: float = 0.995
    clip: float = 1.0
    swapped: float = 0.25  # share of whole sequences that also appear with the two people swapped, as rivals
    noise: float = 0.01  # metres on the joints of half the rows: no verdict may rest on less
    bf16: bool = True
    paired_solos: int = 2000
    seed: int = 0
    max_minutes: float | None = None
    validation: tuple[int, int] = (192, 768)  # whole sequences and segments
    pool: int = 32  # of which each text has to find its own
    log_every: int = 50
    val_every: int = 500


@dataclass(frozen=True)
class Example:
    """A motion (P, T, 22, 3) and what it was asked to be.

    exchanged: that timeline with one part's text replaced. contradicted: with one part's sides or roles exchanged.
    """

    joints: Tensor
    timeline: Timeline
    exchanged: Timeline | None = None
    contradicted: Timeline | None = None


class Examples:
    """Whole sequences and single segments of a split, as a function of (seed, step)."""

    def __init__(self, dataset: InterleavedDataset, classes: TextClasses, seed: int) -> None:
        self.dataset, self.classes, self.seed = dataset, classes, seed
        self.solo_texts = dataset.solo_texts
        self.pair_texts = tuple(text for source in dataset.sources for text in source.texts)

    def draw(self, step: int, count: int) -> tuple[list[Example], list[Example]]:
        """(whole sequences, single segments): about `count` / 2 each; windows that cut a segment fall out."""
        rng = np.random.default_rng([self.seed, step])
        sequences = self.dataset.batch(step, "interleaved", count, device="cpu")
        joints = joints_from_global(global_rotations(sequences.rotations), sequences.root)
        wholes, segments = [], []
        for b in range(len(joints)):
            line = whole_timeline(sequences, b, self.dataset.texts)
            if line is None:
                continue
            motion = joints[b, :, : line.frames]
            if b % 2:
                segments.append(self.segment(motion, line, rng))
            else:
                wholes.append(Example(motion, line, self.exchange(line, rng), self.contradict(line, rng)))
        return wholes, segments

    def segment(self, joints: Tensor, line: Timeline, rng: np.random.Generator) -> Example:
        """One part of a sequence, alone: its people, its frames, its text."""
        segment = line.segments[rng.integers(len(line.segments))]
        part = segment.parts[rng.integers(len(segment.parts))]
        people = tuple(range(len(part.people)))
        alone = Timeline((Segment(0, segment.frames, (Part(people, part.text),)),), line.fps)
        cut = joints[list(part.people), segment.start : segment.end]
        return Example(cut, alone, contradicted=self.contradict(alone, rng))

    def exchange(self, line: Timeline, rng: np.random.Generator) -> Timeline:
        """The timeline with one part's text replaced by one that asks for something else."""
        s = int(rng.integers(len(line.segments)))
        segment = line.segments[s]
        k = int(rng.integers(len(segment.parts)))
        part = segment.parts[k]
        texts = self.pair_texts if part.is_interaction else self.solo_texts
        while True:
            text = texts[rng.integers(len(texts))]
            if not self.classes.of(text) & self.classes.of(part.text):
                break
        return _told(line, s, k, text)

    def contradict(self, line: Timeline, rng: np.random.Generator) -> Timeline | None:
        """The timeline with left and right, or the roles, exchanged in one part; None where no part names them."""
        found = []
        for s, segment in enumerate(line.segments):
            for k, part in enumerate(segment.parts):
                for text in (mirror_text(part.text), swap_roles(part.text)):
                    if text != part.text and not self.classes.of(text) & self.classes.of(part.text):
                        found.append((s, k, text))
        return _told(line, *found[rng.integers(len(found))]) if found else None


def _told(line: Timeline, s: int, k: int, text: str) -> Timeline:
    """The timeline with another text in part k of segment s."""
    segment = line.segments[s]
    parts = (*segment.parts[:k], Part(segment.parts[k].people, text), *segment.parts[k + 1 :])
    return Timeline((*line.segments[:s], replace(segment, parts=parts), *line.segments[s + 1 :]), line.fps)


def contrastive_loss(model: nn.Module, examples: list[Example], same: Tensor, config: Config, seed: int) -> Tensor:
    """Symmetric InfoNCE. same (N, N): rows that are no rivals. Exchanged texts and swapped people are rivals too.

    A contradicted text is the rival of its own motion alone: it may be what another row asks for.
    """
    generator = torch.Generator().manual_seed(seed)
    motions = [example.joints for example in examples]
    rivals = [example.exchanged for example in examples if example.exchanged is not None]
    pairs = [k for k, example in enumerate(examples) if len(example.joints) == 2 and example.exchanged is not None]
    chosen = pairs[: round(config.swapped * len(pairs))]
    joints, present, length = pad_motions([*motions, *(motions[k].flip(0) for k in chosen)])
    noisy = (torch.rand(len(joints), 1, 1, 1, 1, generator=generator) < 0.5) * config.noise
    joints = joints + noisy * torch.randn(joints.shape, generator=generator)
    motion = model.motion(joints, present, length)
    own = [k for k, example in enumerate(examples) if example.contradicted is not None]
    contradicted = [examples[k].contradicted for k in own]
    text = model.timeline([*(example.timeline for example in examples), *rivals, *contradicted])
    scale = model.log_scale.clamp(max=4.6).exp()
    count = len(examples)
    logits = (scale * motion @ text.T).float()
    blocked = torch.zeros(count, logits.shape[1], dtype=torch.bool)
    blocked[:, :count] = same & ~torch.eye(count, dtype=torch.bool)
    blocked[:, count + len(rivals) :] = torch.arange(count)[:, None] != torch.tensor(own, dtype=torch.long)
    logits[:count] = logits[:count].masked_fill(blocked, -torch.inf)
    target = torch.arange(count)
    return 0.5 * (F.cross_entropy(logits[:count], target) + F.cross_entropy(logits[:, :count].T, target))


def no_rivals(examples: list[Example], classes: TextClasses) -> Tensor:
    """(N, N) True where two rows may ask for the same thing: single segments whose texts share a class."""
    single = [len(e.timeline.segments) == 1 and len(e.timeline.segments[0].parts) == 1 for e in examples]
    texts = [e.timeline.segments[0].parts[0].text for e in examples]
    alone = torch.tensor(single)
    people = torch.tensor([e.timeline.num_people for e in examples])
    return classes.same(texts) & alone[:, None] & alone & (people[:, None] == people)


@torch.no_grad()
def retrieval(
    model: Evaluator, wholes: list[Example], segments: list[Example], classes: TextClasses, pool: int = 32
) -> dict[str, float]:
    """R-precision on real motion: segments in pools of other classes, sequences in pools half of exchanged texts."""
    generator, half = torch.Generator().manual_seed(0), pool // 2
    pools = disjoint_pools(
        [classes.of(example.timeline.segments[0].parts[0].text) for example in segments], pool, generator
    )
    texts = model.embed_timelines([example.timeline for example in segments])
    motions = model.embed_motions([example.joints for example in segments])
    top = r_precision(texts, motions, pools)
    count = len(wholes) // half * half
    true = model.embed_timelines([example.timeline for example in wholes[:count]])
    wrong = model.embed_timelines([example.exchanged for example in wholes[:count]])
    moved = model.embed_motions([example.joints for example in wholes[:count]])
    among = precision_among_texts(moved, true, wrong, torch.arange(count).reshape(-1, half))
    return {
        "segment R@1": float(top[0]), "segment R@3": float(top[2]),
        "sequence R@1": float(among[0]), "sequence R@3": float(among[2]),
        "true text before exchanged": float(((true - wrong) * moved).sum(-1).gt(0).double().mean()),
        **before_contradicted(model, segments),
    }  # fmt: skip


def before_contradicted(model: Evaluator, segments: list[Example]) -> dict[str, float]:
    """{"true text before contradicted": share of the segments whose text names sides or roles}; {} without any."""
    chosen = [example for example in segments if example.contradicted is not None]
    if not chosen:
        return {}
    true = model.embed_timelines([example.timeline for example in chosen])
    wrong = model.embed_timelines([example.contradicted for example in chosen])
    moved = model.embed_motions([example.joints for example in chosen])
    return {"true text before contradicted": float(((true - wrong) * moved).sum(-1).gt(0).double().mean())}


def held_out(examples: Examples, wholes: int, segments: int) -> tuple[list[Example], list[Example]]:
    """At least this many of each, from steps that training does not use."""
    found: tuple[list[Example], list[Example]] = ([], [])
    step = 10**6
    while len(found[0]) < wholes or len(found[1]) < segments:
        for kept, drawn in zip(found, examples.draw(step, 64), strict=True):
            kept += drawn
        step += 1
    return found[0][:wholes], found[1][:segments]


def main(config: Config) -> None:
    torch.manual_seed(config.seed)
    store = load_clips(config.data, ("train", "val"))
    classes = TextClasses(store.clips)
    train_set = make_dataset(config.data, "train", config.seed, "cpu", paired_solos=config.paired_solos)
    val_set = make_dataset(config.data, "val", config.seed + 1, "cpu", paired_solos=config.paired_solos)
    train = Examples(train_set, classes, config.seed)
    val = held_out(Examples(val_set, classes, config.seed + 1), *config.validation)
    config.out.mkdir(parents=True, exist_ok=True)

    model = Evaluator(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay, betas=(0.9, 0.98))

    def loss_of(step: int) -> Tensor:
        wholes, segments = train.draw(step, config.batch_size)
        examples = [*wholes, *segments]
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
            return contrastive_loss(model, examples, no_rivals(examples, classes), config, step)

    def validate(evaluator: Evaluator) -> dict[str, float]:
        return retrieval(evaluator, *val, classes, config.pool)

    fit(model, optimizer, config, "evaluator", loss_of, validate, config.clip)


if __name__ == "__main__":
    run_command(main, tyro.cli(Config))
