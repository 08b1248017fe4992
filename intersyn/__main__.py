"""The command line: `python -m intersyn generate ...` and `convert ...`. Bad input ends with exit code 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from intersyn.commands import InputError, convert, generate
from intersyn.export.formats import FORMATS
from intersyn.export.options import UNITS

VARIANTS = ("full", "no_rec", "no_smooth", "uncoupled", "uncoupled_no_rec")
UP = ("auto", "y", "z")
GENERATE_EXAMPLE = """example:
  python -m intersyn generate --solo-a "a person walks forward" --interaction "two people salsa dance" \\
      --solo-b "a person waves with the right hand" --frames 196 --interaction-start 70 --interaction-end 130 \\
      --seed 0 --variant full --out dance.npz --out dance.glb --out dance.json
"""
CONVERT_EXAMPLE = """examples:
  python -m intersyn convert dance.npz --out dance.bvh --units cm --fps 30
  python -m intersyn convert first.bvh second.bvh --out both.glb
"""


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    root = argparse.ArgumentParser(prog="python -m intersyn", description="Two people, alone and together, from text.")
    commands = root.add_subparsers(dest="command", required=True)
    _add_generate(commands)
    _add_convert(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it worked, 2 with one sentence on stderr if its input was bad, 130 if interrupted."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt:
        print("\nInterrupted: only the files listed above were written.", file=sys.stderr)
        return 130
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _add_generate(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "generate", generate, "make a motion and write it", GENERATE_EXAMPLE)
    what = command.add_argument_group("what happens: a solo, an interaction, a solo; or a timeline or project file")
    what.add_argument("--solo-a", metavar="TEXT", nargs="+", help="before: one text for both people, or one for each")
    what.add_argument("--interaction", metavar="TEXT", help="what the two do together")
    what.add_argument("--solo-b", metavar="TEXT", nargs="+", help="after: one text for both people, or one for each")
    what.add_argument("--frames", type=int, metavar="N", help="length in frames, 20 a second (default 196)")
    what.add_argument("--interaction-start", type=int, metavar="N", help="its first frame (default 70)")
    what.add_argument("--interaction-end", type=int, metavar="N", help="the frame after its last (default 130)")
    what.add_argument("--timeline", type=Path, metavar="FILE", help="JSON timeline, instead of all of the above")
    what.add_argument("--project", type=Path, metavar="FILE", help="project file (--out x.json): the same motion again")
    how = command.add_argument_group("how")
    how.add_argument("--seed", type=int, metavar="N", help="same seed, same motion (default 0)")
    how.add_argument("--variant", choices=VARIANTS, help="which part of the method is left out (default full: none)")
    how.add_argument(
        "--beside", choices=VARIANTS, nargs="+", metavar="VARIANT",
        help="variants of the same seed and noise to show beside it in films and pictures (up to three)",
    )  # fmt: skip
    how.add_argument("--steps", type=int, metavar="N", help="diffusion steps (default: the checkpoint's)")
    how.add_argument("--guidance-scale", type=float, metavar="X", help="pull of the texts, 1 is none (default: its)")
    how.add_argument("--clean-up", action="store_true", default=None, help="smooth lightly and lock planted feet")
    how.add_argument(
        "--contact-guidance",
        type=float,
        metavar="X",
        help="1: keep people out of each other and let them touch where texts say so (default 0)",
    )
    how.add_argument("--checkpoint", metavar="SOURCE", help="folder or Hub id OWNER/NAME (default: the bundled one)")
    _add_outputs(command)


def _add_convert(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "convert", convert, "read motion files and write others", CONVERT_EXAMPLE)
    command.add_argument(
        "files", type=Path, nargs="+", metavar="IN",
        help="NPZ of ours, AMASS NPZ (SMPL, SMPL-H, SMPL-X), BVH with this project's joints; several: several people",
    )  # fmt: skip
    command.add_argument("--up", choices=UP, default="auto", help="the axis that is up in AMASS and BVH files")
    _add_outputs(command)


def _add_outputs(command: argparse.ArgumentParser) -> None:
    out = command.add_argument_group("what to write")
    out.add_argument(
        "--out", type=Path, required=True, action="append", metavar="FILE",
        help=f"its ending decides the format: {', '.join(FORMATS)}; may be given several times",
    )  # fmt: skip
    out.add_argument("--fps", type=float, metavar="X", help="frames per second of the files (default: the motion's)")
    out.add_argument("--units", choices=list(UNITS), default="m", help="of BVH (default m)")
    out.add_argument(
        "--frame", type=int, default=0, metavar="N", help="which one, for formats of one frame (default 0)"
    )
    out.add_argument(
        "--body", type=Path, metavar="FILE",
        help="your own SMPL, SMPL-H or SMPL-X file or folder (default: INTERSYN_BODY, else our own body)",
    )  # fmt: skip


def _command(
    commands: argparse._SubParsersAction, name: str, run: object, summary: str, epilog: str
) -> argparse.ArgumentParser:
    formats = "\n".join(f"  {entry.suffix:12}{entry.description}" for entry in FORMATS.values())
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"formats:\n{formats}\n\n{epilog}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())
