"""Put trained networks together as one checkpoint folder, which is what `from_pretrained` and the app read.

    python -m training.bundle --ins runs/ins/ins --no-smooth runs/ins_no_smooth/ins --rec runs/rec/rec \\
        --text intersyn/checkpoints/text --name open-v0 --out intersyn/checkpoints

Everything is loaded first, so that what does not fit together is refused and nothing is half-replaced. Other files in
the folders of --out (licence notes, the model card) stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from intersyn.networks import INS, REC
from intersyn.pipeline import InterSynPipeline, PipelineConfig
from intersyn.text import PAPER_ENCODER, TextEncoder


@dataclass(frozen=True)
class Config:
    """Folders with config.json and weights, as the training scripts write them."""

    ins: Path
    out: Path
    no_smooth: Path | None = None
    rec: Path | None = None
    text: str | None = None  # the bundled tower, a folder, or ViT-L-14/openai
    name: str = "unnamed"
    steps: int = PipelineConfig.steps
    guidance_scale: float = PipelineConfig.guidance_scale


def main(config: Config) -> None:
    """Write the folder, read it back and print what it weighs."""
    ins = {"ins": INS.load(config.ins)}
    if config.no_smooth is not None:
        ins["ins_no_smooth"] = INS.load(config.no_smooth)
        if ins["ins_no_smooth"].config.smooth:
            raise SystemExit(f"error: {config.no_smooth} was trained with the loss on the seams.")
    rec = None if config.rec is None else REC.load(config.rec)
    settings = PipelineConfig(
        name=config.name,
        steps=config.steps,
        guidance_scale=config.guidance_scale,
        text_encoder=PAPER_ENCODER if config.text == PAPER_ENCODER else "text",
    )
    pipeline = InterSynPipeline(TextEncoder.from_pretrained(config.text), ins, rec, settings)
    pipeline.save_pretrained(config.out)
    variants = InterSynPipeline.from_pretrained(config.out).variants
    files = sorted(config.out.rglob("*.safetensors"))
    for path in files:
        print(f"{path.stat().st_size / 1e6:7.2f} MB  {path.relative_to(config.out)}")
    print(f"{sum(path.stat().st_size for path in files) / 1e6:7.2f} MB  all; variants: {', '.join(variants)}")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
