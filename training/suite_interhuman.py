"""The field's benchmark on InterHuman, for those who have its data and InterCLIP's weights.

    python -m training.evaluate --suite interhuman --interhuman DIR --interclip FILE --out interhuman.md

DIR holds motions_processed, annots and the split lists as published; FILE is interclip.ckpt or a safetensors copy of
it. See docs/interhuman.md for what this measures and what could not be checked. Shards over processes under
`accelerate launch`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from accelerate import PartialState
from accelerate.utils import gather_object
from torch import Tensor
from tqdm import tqdm

from intersyn.metrics.replication import over_replications
from intersyn.models.interclip import InterCLIP
from intersyn.pipeline import InterSynPipeline
from training.common import InputError, run_command, write_report
from training.interhuman_protocol import (
    Pair,
    Sample,
    as_published,
    draw,
    figures,
    fitting,
    held_out_pairs,
    padded,
    read_pair,
    spread,
    timeline_for,
)

REAL = "real"
_SEEDS = 10**6  # of one replication


@dataclass(frozen=True)
class Config:
    """What to measure, and where to write it; the numbers are the field's."""

    interhuman: Path  # the published folder: motions_processed, annots, split
    interclip: Path  # interclip.ckpt, or its weights as safetensors
    out: Path  # a Markdown file; the JSON goes beside it
    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    variants: tuple[str, ...] = ("full",)
    replications: int = 20
    pool: int = 96
    diversity_pairs: int = 300
    multimodality_replications: int = 5  # 0: none is measured
    multimodality_texts: int = 100
    multimodality_samples: int = 30
    multimodality_pairs: int = 10
    steps: int | None = None  # DDIM steps and guidance; the checkpoint's defaults if not given
    guidance_scale: float | None = None
    seed: int = 0
    device: str | None = None


class Suite:
    """The pipeline and the judge on one device, and what one replication does with them."""

    def __init__(self, config: Config, state: PartialState) -> None:
        self.config, self.state = config, state
        self.device = torch.device(config.device or state.device)
        self.judge = InterCLIP.load(config.interclip).to(self.device)
        self.pipe = InterSynPipeline.from_pretrained(config.checkpoint, self.device)
        lacking = [name for name in config.variants if name not in self.pipe.variants]
        if lacking:
            raise InputError(f"this checkpoint has no {lacking[0]}; it has {', '.join(self.pipe.variants)}")

    def replicate(self, replication: int, pairs: Sequence[Pair], arrays: Sequence[Tensor]) -> dict[str, Any]:
        """{row: {figure: value}} of one replication, the same on all processes."""
        config = self.config
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + replication)
        samples = draw(pairs, arrays, config.pool, generator)
        again = draw(pairs, arrays, config.pool, generator)  # FID's other side is drawn anew, as published
        texts = self.over_processes(range(len(samples)), lambda k: self.judge.encode_text([samples[k].text])[0])
        reference = self.over_processes(range(len(again)), lambda k: self.embed([again[k].real])[0])
        rows = {REAL: self.over_processes(range(len(samples)), lambda k: self.embed([samples[k].real])[0])}
        for variant in config.variants:
            rows[variant] = self.over_processes(
                range(len(samples)), lambda k, v=variant: self.made(samples[k], v, self.seed(replication, k), 1)[0]
            )
        count = config.diversity_pairs
        out = {
            name: figures(texts, rows[name], reference, config.pool, count, torch.Generator().manual_seed(replication))
            for name in rows
        }
        if replication < config.multimodality_replications:
            chosen = torch.randperm(len(samples), generator=generator)[: config.multimodality_texts].tolist()
            for variant in config.variants:
                many = self.over_processes(
                    chosen,
                    lambda k, v=variant: self.made(
                        samples[k], v, self.seed(replication, len(samples) * (k + 1)), config.multimodality_samples
                    ),
                )
                out[variant]["multimodality"] = spread(many, config.multimodality_pairs, generator)
        return out

    def seed(self, replication: int, offset: int) -> int:
        return (self.config.seed * 1000 + replication) * _SEEDS + offset

    def made(self, sample: Sample, variant: str, seed: int, count: int) -> Tensor:
        """Vectors (count, D) of motions generated for a sample's text and length."""
        timeline = timeline_for(self.fitting(sample.text), sample.length)
        settings = {"steps": self.config.steps, "guidance_scale": self.config.guidance_scale}
        motions = [self.pipe(timeline, seed=seed + k, variant=variant, **settings) for k in range(count)]
        return self.embed([as_published(motion, sample.length) for motion in motions])

    def fitting(self, text: str) -> str:
        """As much of a text as the generator reads."""
        encoder = self.pipe.text_encoder
        return fitting(text, encoder.config.context_length, encoder.count_tokens)

    def embed(self, motions: Sequence[Tensor]) -> Tensor:
        batch, length = padded(motions)
        return self.judge.encode_motion(batch.float().to(self.device), length.to(self.device)).cpu()

    def over_processes(self, items: Sequence[int], work: Callable[[int], Tensor]) -> Tensor:
        """`work` of every item, stacked in their order, each done by one process and gathered by all."""
        mine = range(self.state.process_index, len(items), self.state.num_processes)
        bar = tqdm(mine, disable=not self.state.is_main_process, leave=False)
        found = gather_object([(k, work(items[k])) for k in bar])
        return torch.stack([value for _, value in sorted(found, key=lambda item: item[0])])


def main(config: Config) -> None:
    """Measure, write the page and print it."""
    state = PartialState(cpu=config.device == "cpu")
    pairs = held_out_pairs(config.interhuman)
    read = [(pair, array) for pair in pairs if (array := read_pair(pair)) is not None]
    if len(read) < config.pool:
        raise InputError(f"the protocol ranks in pools of {config.pool}, but there are {len(read)} test pairs")
    suite = Suite(config, state)
    pairs, arrays = [pair for pair, _ in read], [array for _, array in read]
    replications = [suite.replicate(k, pairs, arrays) for k in range(config.replications)]
    if not state.is_main_process:
        return
    texts = [text for pair in pairs for text in pair.texts]
    options = {name: value for name, value in vars(config).items() if value is not None}
    report = {
        "command": "python -m training.evaluate --suite interhuman "
        + shlex.join(f"--{name.replace('_', '-')}={value}" for name, value in options.items() if name != "variants"),
        "checkpoint": suite.pipe.config.name,
        "pairs": len(pairs),
        "pool": config.pool,
        "replications": config.replications,
        "steps": config.steps or suite.pipe.config.steps,
        "guidance_scale": suite.pipe.config.guidance_scale if config.guidance_scale is None else config.guidance_scale,
        "texts": len(texts),
        "texts_shortened": sum(suite.fitting(text) != " ".join(text.split()) for text in texts),
        "figures": summed(replications),
        "each": replications,
    }
    write_report(config.out, markdown(report), report)


def summed(replications: Sequence[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """{row: {figure: "mean ± half of the 95% interval"}}; a single replication has no interval."""
    out: dict[str, dict[str, str]] = {}
    for row in replications[0]:
        for name in replications[0][row]:
            values = [replication[row][name] for replication in replications if name in replication[row]]
            many = len(values) > 1
            text = str(over_replications(torch.tensor(values))) if many else f"{values[0]:.3g}"
            out.setdefault(row, {})[name] = text
    return out


def markdown(report: dict[str, Any]) -> str:
    """The page: how it was measured, then one table."""
    names = list(dict.fromkeys(name for row in report["figures"].values() for name in row))
    told = (
        f"{report['pairs']} test pairs, {report['replications']} replications, pools of {report['pool']}, InterCLIP; "
        f"checkpoint {report['checkpoint']}, {report['steps']} DDIM steps, guidance {report['guidance_scale']:g}; "
        f"{report['texts_shortened']} of {report['texts']} texts are too long for the generator and lose their end."
    )
    check = (
        "The public evaluator gives real motion R@1 .425, FID .295, MM distance 3.785, diversity 7.750 when re-run: "
        "unless the first row is near these, data, weights or set-up differ from the field's and nothing compares."
    )
    lines = ["# InterHuman", "", "```", report["command"], "```", "", told, "", check, ""]
    lines += [f"| | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    for row, found in report["figures"].items():
        lines.append(f"| {row} | {' | '.join(found.get(name, '') for name in names)} |")
    return "\n".join(lines) + "\n"


def command(arguments: Sequence[str]) -> None:
    """The command line without `--suite interhuman`."""
    run_command(main, tyro.cli(Config, description=__doc__, args=list(arguments)))


def takes(arguments: Sequence[str]) -> bool:
    """Run this suite if the command line of training.evaluate asks for it; False if it does not."""
    for k in range(len(arguments) - 1):
        if tuple(arguments[k : k + 2]) == ("--suite", "interhuman"):
            command([*arguments[:k], *arguments[k + 2 :]])
            return True
    return False
