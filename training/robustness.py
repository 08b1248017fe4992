"""Ask the pipeline for random timelines and look for numbers that are not finite, errors, motions that do not repeat.

    python -m training.robustness                                   # 1,000 timelines, the bundled checkpoint
    python -m training.robustness --timelines 50 --checkpoint runs/bundle --steps 16

One to eight people, one to seven segments of any partition of them into solos and interactions, 20 to 600 frames, texts
that mean something and texts that do not, every variant, guidance and switch. Ends with exit code 1 if anything failed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import tyro

from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.timeline import (
    MAX_PEOPLE,
    MAX_SEGMENTS,
    MIN_INTERACTION_FRAMES,
    MIN_SOLO_FRAMES,
    Part,
    Segment,
    Timeline,
)

SOLO_TEXTS = (
    "a person walks forward", "a person runs", "a person bows", "a person waves with the left hand", "x",
    "a person turns around twice, sits down and thinks", "é漢🙂", "7 7 7 7 7", "the quick brown fox", "-" * 60,
)  # fmt: skip
TOGETHER_TEXTS = (
    "two people salsa dance", "the second person punches the first person", "they hug", "everyone dances", "?",
    "the first person chases the second person", "two people shake hands", "not a description of any motion",
)  # fmt: skip
PEOPLE_WEIGHTS = (0.1, 0.5, 0.15, 0.1, 0.05, 0.04, 0.03, 0.03)  # of one to eight
LONG_SHARE, LONGEST = 0.1, 600  # of the timelines exceed what training saw


@dataclass(frozen=True)
class Config:
    """How many timelines, of which checkpoint."""

    timelines: int = 1000
    checkpoint: str | None = None  # folder or Hub id; the bundled one if not given
    steps: int = 2  # DDIM steps of each
    repeat_every: int = 20  # every so many are made twice and compared
    seed: int = 0
    device: str = "cpu"


def draw_timeline(rng: np.random.Generator, most_frames: int = 196) -> Timeline:
    """A random valid timeline of at most `most_frames` frames, as far as its segments' least lengths allow."""
    people = int(rng.choice(len(PEOPLE_WEIGHTS), p=PEOPLE_WEIGHTS)) + 1
    assert people <= MAX_PEOPLE
    plan = [_draw_parts(rng, people) for _ in range(rng.integers(1, MAX_SEGMENTS + 1))]
    least = [MIN_INTERACTION_FRAMES if any(p.is_interaction for p in parts) else MIN_SOLO_FRAMES for parts in plan]
    spare = max(0, int(rng.integers(0, most_frames + 1)) - sum(least))
    extra = rng.multinomial(spare, rng.dirichlet(np.ones(len(plan))))
    ends = np.cumsum(np.array(least) + extra).tolist()
    return Timeline(tuple(Segment(a, b, parts) for a, b, parts in zip([0, *ends], ends, plan, strict=False)))


def _draw_parts(rng: np.random.Generator, people: int) -> tuple[Part, ...]:
    """Everyone in a random order, cut at random places; mostly pairs and people alone."""
    order, parts = rng.permutation(people).tolist(), []
    while order:
        size = min(len(order), int(rng.choice((1, 2, 3, len(order)), p=(0.45, 0.4, 0.1, 0.05))))
        members, order = tuple(order[:size]), order[size:]
        parts.append(Part(members, str(rng.choice(SOLO_TEXTS if size == 1 else TOGETHER_TEXTS))))
    return tuple(parts)


def draw_settings(rng: np.random.Generator, variants: Sequence[str], steps: int) -> dict[str, Any]:
    """Random arguments of a pipeline's call."""
    return {
        "seed": int(rng.integers(2**62)),
        "variant": str(rng.choice(variants)),
        "steps": steps,
        "guidance_scale": float(rng.choice((0.0, 1.0, 2.5, 7.5))),
        "clean_up": bool(rng.random() < 0.3),
        "contact_guidance": float(rng.choice((0.0, 0.0, 1.0, 2.0))),
    }


def problem(timeline: Timeline, motion: Motion) -> str | None:
    """What is wrong with a motion made for a timeline, if anything."""
    if tuple(motion.trans.shape) != (timeline.num_people, timeline.frames, 3):
        return f"trans is {tuple(motion.trans.shape)}"
    for name, values in (("poses", motion.poses), ("trans", motion.trans), ("joints", motion.joints())):
        if not torch.isfinite(values).all():
            return f"{name} hold numbers that are not finite"
    return None


def check(pipe: InterSynPipeline, config: Config) -> list[str]:
    """Make all timelines; a line for each that failed. Prints how far it is."""
    failures, seen, begin = [], Counter(), time.perf_counter()
    for k in range(config.timelines):
        rng = np.random.default_rng((config.seed, k))
        timeline = draw_timeline(rng, LONGEST if rng.random() < LONG_SHARE else 196)
        settings = draw_settings(rng, pipe.variants, config.steps)
        try:
            motion = pipe(timeline, **settings)
            wrong = problem(timeline, motion)
            if wrong is None and k % config.repeat_every == 0:
                again = pipe(timeline, **settings)
                seen["made twice"] += 1
                if not (torch.equal(motion.poses, again.poses) and torch.equal(motion.trans, again.trans)):
                    wrong = "the same seed gave another motion"
        except (ValueError, RuntimeError, IndexError) as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong is not None:
            failures.append(f"timeline {k}, {settings}: {wrong}")
        seen["frames"] += timeline.frames
        seen["with interactions"] += any(p.is_interaction for s in timeline.segments for p in s.parts)
        seen["more than two people"] += timeline.num_people > 2
        seen["longer than 196 frames"] += timeline.frames > 196
        if (k + 1) % 100 == 0:
            print(f"{k + 1} timelines, {len(failures)} failed, {time.perf_counter() - begin:.0f} s", flush=True)
    print(", ".join(f"{name}: {count}" for name, count in seen.items()))
    return failures


def main(config: Config) -> int:
    pipe = InterSynPipeline.from_pretrained(config.checkpoint, config.device)
    failures = check(pipe, config)
    print(*failures, f"{config.timelines} timelines, {len(failures)} failed.", sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config, description=__doc__)))
