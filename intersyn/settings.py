"""How a motion is made: variants of the method and what may be set. Knows no networks, so it is cheap to import."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

MAX_STEPS = 250
MAX_GUIDANCE_SCALE = 20.0
MAX_CONTACT_GUIDANCE = 2.0
MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Variant:
    """One of the versions the demo compares: each is a switch or two away from `full`."""

    ins: str = "ins"  # the folder of the CMDM's weights
    coupled: bool = True  # False: the CMDM sees no partner
    rec: bool = True  # False: no coordinator


VARIANTS: Mapping[str, Variant] = {
    "full": Variant(),
    "no_rec": Variant(rec=False),
    "no_smooth": Variant(ins="ins_no_smooth"),
    "uncoupled": Variant(coupled=False),
    "uncoupled_no_rec": Variant(coupled=False, rec=False),
}


@dataclass(frozen=True)
class Settings:
    """How one motion is made; the arguments of `InterSynPipeline.__call__`. Raises `ValueError` if out of range."""

    variant: str = "full"
    seed: int = 0
    steps: int = 16
    guidance_scale: float = 2.5
    clean_up: bool = False
    contact_guidance: float = 0.0

    def __post_init__(self) -> None:
        check_settings(self.seed, self.variant, self.steps, self.guidance_scale, self.contact_guidance)

    @property
    def sampling(self) -> tuple[object, ...]:
        """What INS depends on: motions of equal sampling differ by REC and clean-up alone."""
        chosen = VARIANTS[self.variant]
        return chosen.ins, chosen.coupled, self.seed, self.steps, self.guidance_scale, self.contact_guidance


def check_settings(seed: int, variant: str, steps: int, guidance_scale: float, contact_guidance: float = 0.0) -> None:
    """Raise `ValueError` with one sentence if a setting of generation is out of range."""
    if variant not in VARIANTS:
        raise ValueError(f"There is no variant {variant!r}: choose one of {', '.join(VARIANTS)}.")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        raise ValueError(f"The number of steps must be a whole number from 1 to {MAX_STEPS}, got {steps}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"The seed must be a whole number from 0 to 2^63 - 1, got {seed}.")
    if not (math.isfinite(guidance_scale) and 0 <= guidance_scale <= MAX_GUIDANCE_SCALE):
        raise ValueError(f"The guidance scale must lie between 0 and {MAX_GUIDANCE_SCALE:g}, got {guidance_scale}.")
    if not (math.isfinite(contact_guidance) and 0 <= contact_guidance <= MAX_CONTACT_GUIDANCE):
        raise ValueError(f"Contact guidance must lie between 0 and {MAX_CONTACT_GUIDANCE:g}, got {contact_guidance}.")
