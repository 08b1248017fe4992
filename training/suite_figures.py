"""The figures of one sequence that need no trained network: seams, feet, jerk, capsules, contact."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from intersyn.metrics import physics, transitions
from intersyn.motion import Motion
from intersyn.skeleton import global_rotations
from training.suite_contacts import Meeting, measure
from training.suite_generation import cleaned

WINDOW = 30  # frames of jerk about a seam: 1.5 s
MOTION = ("skating mm/frame", "skating m/s", "contact share", "floating mm", "sinking mm", "jerk m/s^3")
CLEANED = ("cleaned skating mm/frame", "cleaned jerk m/s^3")
SEAMS = ("seam mm/frame^3", "transition distance cm")
TOGETHER = ("capsule penetration mm", "capsules deeper than 2 cm", "pelvis distance m", "nearest joints m")
CONTACT = ("contact error cm", "contact ratio")
FIGURES = (*MOTION, *CLEANED, *SEAMS, *TOGETHER, *CONTACT)


def figures(motion: Motion, contacts: Sequence[Meeting] = ()) -> tuple[dict[str, float], Tensor, list[tuple]]:
    """Figures of a sequence (means over people), the jerk about its seams (N, WINDOW), and its contacts.

    Each contact is (action, whether of hands, error in metres, ratio). What does not apply is left out.
    """
    joints, timeline, fps = motion.joints(), motion.timeline, motion.fps
    slide, speed = physics.foot_skating(joints, fps)
    seams = timeline.boundaries
    reach = transitions.SEAM_RADIUS
    inside = [seam for seam in seams if reach <= seam <= motion.frames - 1 - reach]
    out = {
        "skating mm/frame": float(slide.nanmean()),
        "skating m/s": float(speed.nanmean()),
        "contact share": float(physics.contact_share(joints).mean()),
        "jerk m/s^3": float(physics.jerk(joints, fps).mean()),
        "floating mm": float(physics.floating(joints).mean()),
        "sinking mm": float(physics.sinking(joints).mean()),
    }
    if inside:
        statistic = torch.stack([transitions.seam_statistic(person, inside) for person in joints])
        out["seam mm/frame^3"] = float(statistic.mean()) * 1000
        leap = torch.stack([transitions.transition_distance(person, inside) for person in joints])
        out["transition distance cm"] = float(leap.mean())
    together = [s for s in timeline.segments if any(part.is_interaction for part in s.parts)]
    if together:
        out |= _between(*(torch.cat([joints[p, s.start : s.end] for s in together]) for p in (0, 1)))
    touched = []
    if contacts:
        rotations = global_rotations(motion.quaternions())
        touched = [(c.action, c.of_hands, *measure(c, joints, rotations)) for c in contacts]
        out["contact error cm"] = 100 * sum(row[2] for row in touched) / len(touched)
        out["contact ratio"] = sum(row[3] for row in touched) / len(touched)
    windows = transitions.transition_windows(((person, seams) for person in joints), WINDOW)
    return out, windows, touched


def _between(a: Tensor, b: Tensor) -> dict[str, float]:
    depth, share = physics.capsule_penetration(a, b)
    return {
        "capsule penetration mm": float(depth),
        "capsules deeper than 2 cm": float(share),
        "pelvis distance m": float((a[:, 0] - b[:, 0])[:, ::2].norm(dim=-1).mean()),
        "nearest joints m": float(torch.cdist(a, b).amin((-2, -1)).mean()),
    }


def cleaned_figures(motion: Motion, contacts: Tensor) -> dict[str, float]:
    """Skating and jerk after clean-up, which is part of no variant."""
    joints = cleaned(motion, contacts).joints()
    return {
        "cleaned skating mm/frame": float(physics.foot_skating(joints, motion.fps)[0].nanmean()),
        "cleaned jerk m/s^3": float(physics.jerk(joints, motion.fps).mean()),
    }


def references(clips: Sequence[Tensor], generator: torch.Generator) -> dict[str, float]:
    """What raw recordings (T, 22, 3) have where nothing was joined: the jerk, the seam statistic, and the leap.

    The transition distance is that at a quarter, half and three quarters of each clip, as in TEACH.
    """
    long = [joints for joints in clips if len(joints) >= 2 * transitions.SEAM_RADIUS + 1]
    leaps = [transitions.transition_distance(x, [len(x) // 4, len(x) // 2, 3 * len(x) // 4]) for x in long]
    return {
        "jerk curve mm": float(transitions.reference_jerk(long)) * 1000,
        "seam mm/frame^3": float(transitions.random_window_statistic(long, 4096, generator).mean()) * 1000,
        "transition distance cm": float(torch.cat(leaps).mean()),
    }
