"""The command line: `python -m intersyn generate ...` writes a Motion as NPZ. Bad input ends with exit code 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from intersyn.timeline import Timeline, TimelineError

VARIANTS = ("full", "no_rec", "no_smooth", "uncoupled", "uncoupled_no_rec")
EXAMPLE = """example:
  python -m intersyn generate --solo-a "a person walks forward" --interaction "two people salsa dance" \\
      --solo-b "a person waves with the right hand" --frames 196 --interaction-start 70 --interaction-end 130 \\
      --seed 0 --variant full --out motion.npz
"""


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    root = argparse.ArgumentParser(prog="python -m intersyn", description="Two people, alone and together, from text.")
    commands = root.add_subparsers(dest="command", required=True)
    generate = commands.add_parser(
        "generate",
        help="make a motion and write it as NPZ",
        description="Make a motion and write poses, trans, joints, betas, fps and the timeline as NPZ.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = generate.add_argument_group("what happens: a solo, an interaction, a solo; or a timeline file")
    what.add_argument("--solo-a", metavar="TEXT", nargs="+", help="before: one text for both people, or one for each")
    what.add_argument("--interaction", metavar="TEXT", help="what the two do together")
    what.add_argument("--solo-b", metavar="TEXT", nargs="+", help="after: one text for both people, or one for each")
    what.add_argument("--frames", type=int, metavar="N", help="length in frames, 20 a second (default 196)")
    what.add_argument("--interaction-start", type=int, metavar="N", help="its first frame (default 70)")
    what.add_argument("--interaction-end", type=int, metavar="N", help="the frame after its last (default 130)")
    what.add_argument("--timeline", type=Path, metavar="FILE", help="JSON timeline, instead of all of the above")
    how = generate.add_argument_group("how")
    how.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same motion (default 0)")
    how.add_argument("--variant", choices=VARIANTS, default="full", help="which part of the method is left out")
    how.add_argument("--steps", type=int, metavar="N", help="diffusion steps (default: the checkpoint's)")
    how.add_argument("--guidance-scale", type=float, metavar="X", help="pull of the texts, 1 is none (default: its)")
    how.add_argument("--clean-up", action="store_true", help="smooth lightly and lock planted feet afterwards")
    how.add_argument("--checkpoint", metavar="SOURCE", help="folder or Hub id OWNER/NAME (default: the bundled one)")
    generate.add_argument("--out", type=Path, required=True, metavar="FILE", help="the NPZ to write")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it worked, 2 with one sentence on stderr if its input was bad, 130 if interrupted."""
    options = parser().parse_args(arguments)
    try:
        return generate(options)
    except KeyboardInterrupt:
        print("\nInterrupted: nothing was written.", file=sys.stderr)
        return 130
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


class InputError(Exception):
    """What the user gave cannot be used; the message is one sentence."""


def generate(options: argparse.Namespace) -> int:
    """Make a motion from the parsed options and write it."""
    try:
        timeline = read_timeline(options)
        check_output(options.out)
        # Late, so that --help and wrong input answer at once.
        from intersyn.checkpoint import CheckpointError
        from intersyn.pipeline import InterSynPipeline, check_settings
    except TimelineError as error:
        raise InputError(error) from error
    try:
        check_settings(
            options.seed,
            options.variant,
            1 if options.steps is None else options.steps,
            1.0 if options.guidance_scale is None else options.guidance_scale,
        )
        pipe = InterSynPipeline.from_pretrained(options.checkpoint)
        motion = pipe(
            timeline,
            seed=options.seed,
            variant=options.variant,
            steps=options.steps,
            guidance_scale=options.guidance_scale,
            callback=_show_progress if sys.stderr.isatty() else None,
            clean_up=options.clean_up,
        )
    except (CheckpointError, ValueError) as error:
        raise InputError(error) from error
    try:
        motion.save(options.out)
    except OSError as error:
        raise InputError(f"Cannot write {options.out}: {error.strerror or error}.") from error
    print(f"{options.out}: {motion.num_people} people, {motion.frames} frames, {motion.duration:.1f} s")
    return 0


def read_timeline(options: argparse.Namespace) -> Timeline:
    """The timeline that the options describe. Raises `TimelineError` or `InputError`."""
    given = {
        name: getattr(options, name)
        for name in ("solo_a", "interaction", "solo_b", "frames", "interaction_start", "interaction_end")
        if getattr(options, name) is not None
    }
    if options.timeline is not None:
        if given:
            raise InputError(f"--{next(iter(given)).replace('_', '-')} cannot be used together with --timeline.")
        return Timeline.load(options.timeline)
    for name in ("solo_a", "interaction", "solo_b"):
        if name not in given:
            raise InputError(f"--{name.replace('_', '-')} is missing: give all three texts, or --timeline.")
    for name in ("solo_a", "solo_b"):
        if len(given[name]) > 2:
            raise InputError(f"--{name.replace('_', '-')} takes one text, or one for each of the two people.")
        given[name] = given[name][0] if len(given[name]) == 1 else tuple(given[name])
    return Timeline.solo_interact_solo(**given)


def check_output(path: Path) -> None:
    """Raise `InputError` if `path` cannot be written, before anything is computed for it."""
    if path.suffix != ".npz":
        raise InputError(f"The output must be a .npz file, got {path}.")
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"Cannot write {path}: {folder} is not a folder that can be written to.")


def _show_progress(done: int, total: int) -> None:
    print(f"\rstep {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
