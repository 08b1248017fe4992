"""Which motions stand side by side: one as the settings say, the others each one switch away from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.limits import MAX_STEPS, MIN_STEPS
from intersyn.settings import Settings

VARIANTS = {
    "full": "Full model",
    "no_rec": "No coordinator",
    "no_smooth": "No seam loss",
    "uncoupled": "Uncoupled",
    "uncoupled_no_rec": "Uncoupled, no coordinator",
}
FEWER, MORE = 4, 3  # times as few steps, times as many


@dataclass(frozen=True)
class Switch:
    """One way to differ from the settings of the first panel."""

    label: str
    turn: Callable[[Settings], Settings]


SWITCHES = {
    "no_rec": Switch("No coordinator", lambda s: replace(s, variant="no_rec")),
    "no_smooth": Switch("No seam loss", lambda s: replace(s, variant="no_smooth")),
    "uncoupled": Switch("Uncoupled", lambda s: replace(s, variant="uncoupled")),
    "uncoupled_no_rec": Switch("Uncoupled, no coordinator", lambda s: replace(s, variant="uncoupled_no_rec")),
    "guidance": Switch("Text guidance off", lambda s: replace(s, guidance_scale=1.0)),
    "contact": Switch(
        "Contact guidance on or off", lambda s: replace(s, contact_guidance=0.0 if s.contact_guidance else 1.0)
    ),
    "clean_up": Switch("Clean-up on or off", lambda s: replace(s, clean_up=not s.clean_up)),
    "fewer": Switch("A quarter of the steps", lambda s: replace(s, steps=max(MIN_STEPS, s.steps // FEWER))),
    "more": Switch("Three times the steps", lambda s: replace(s, steps=min(MAX_STEPS, s.steps * MORE))),
    "seed": Switch("The next seed", lambda s: replace(s, seed=s.seed + 1)),
}


def panels_of(first: Settings, beside: Sequence[str]) -> tuple[Settings, ...]:
    """The first panel and one for each name of `SWITCHES`; what makes no difference is left out."""
    turned = (SWITCHES[name].turn(first) for name in SWITCHES if name in beside)
    return tuple(dict.fromkeys((first, *turned)))


def beside_of(panels: Sequence[Settings]) -> list[str]:
    """The names that `panels_of` makes these panels from; a panel that none of them makes is left out."""
    first, others = panels[0], set(panels[1:])
    return [name for name, switch in SWITCHES.items() if switch.turn(first) in others]


def labels_of(panels: Sequence[Settings]) -> list[str]:
    """What each panel is called: the first by its variant and what others vary, the others by how they differ."""
    first, *others = panels
    varied = {name for other in others for name in _differences(other, first) if name != "variant"}
    labels = [", ".join([VARIANTS[first.variant], *(_said(first, name) for name in sorted(varied))])]
    labels += [", ".join(_said(other, name) for name in _differences(other, first)) for other in others]
    return [label[:1].upper() + label[1:] for label in labels]


def _differences(panel: Settings, first: Settings) -> list[str]:
    return [name for name, value in vars(panel).items() if value != getattr(first, name)]


def _said(panel: Settings, name: str) -> str:
    """One setting in words."""
    value = getattr(panel, name)
    return {
        "variant": lambda: VARIANTS[value],
        "seed": lambda: f"seed {value}",
        "steps": lambda: f"{value} steps",
        "guidance_scale": lambda: f"text guidance {value:g}",
        "clean_up": lambda: "cleaned up" if value else "not cleaned up",
        "contact_guidance": lambda: f"contact guidance {value:g}" if value else "no contact guidance",
    }[name]()
