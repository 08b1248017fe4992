"""Generation as one function of plain arguments and plain results, which may run in another process.

That is what ZeroGPU asks for: there the package `spaces` forks a process that has a GPU for as long as the function
runs, sends its arguments and results through a pipe, and ends it after a duration that was named before. Everywhere
else the function is called as it is. None of this has ever run on ZeroGPU; tests run it in child processes.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.errors import sentence_of
from app.worker import listen

# Before torch, whose CUDA it replaces on ZeroGPU: no module of the page imports torch at its head.
try:
    import spaces
except ImportError:
    spaces = None

if TYPE_CHECKING:  # torch takes seconds to import; the page opens without it
    from intersyn.motion import Motion
    from intersyn.pipeline import InterSynPipeline
    from intersyn.settings import Settings
    from intersyn.timeline import Timeline

CHECKPOINT_VARIABLE = "INTERSYN_CHECKPOINT"
ON_ZERO_GPU = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as `spaces` reads it
# What is asked of ZeroGPU, which grants shorter times sooner. A processor core makes a frame of two people in 0.3 ms a
# step, 0.5 with contact guidance, and a GPU is hardly slower than one core; then the process and the weights' way.
SECONDS_TO_START = 10
SECONDS_PER_STEP_AND_FRAME = 5e-4

_pipelines: dict[str | None, InterSynPipeline] = {}
_loading = threading.Lock()


class GenerationError(RuntimeError):
    """Why there is no motion; the message is one sentence for the person at the page."""


def _renew_lock() -> None:
    """In a forked child: whoever held the lock is not there."""
    global _loading
    _loading = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


def request_of(source: str | None, timeline: Timeline, panels: Sequence[Settings]) -> dict[str, Any]:
    """What `run_on_gpu` takes, as JSON can hold it. source: a checkpoint's folder or Hub name; None is the bundled."""
    return {"checkpoint": source, "timeline": timeline.to_dict(), "panels": [asdict(panel) for panel in panels]}


def duration(request: Mapping[str, Any]) -> int:
    """Seconds that a GPU is asked for: an upper bound by what one processor core takes."""
    frames = request["timeline"]["segments"][-1]["end"]
    steps = sum(panel["steps"] for panel in request["panels"])
    return math.ceil(SECONDS_TO_START + SECONDS_PER_STEP_AND_FRAME * frames * steps)


def _on_gpu(function: Callable[..., Iterator[dict[str, Any]]]) -> Callable[..., Iterator[dict[str, Any]]]:
    return function if spaces is None else spaces.GPU(duration=duration)(function)


@_on_gpu
def run_on_gpu(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make the motions of a request (see `request_of`), with news on the way, all of it plain:

    {"kind": "loading"} while the model is loaded for the first time; {"kind": "step", "done", "total"} after each
    denoising step of all panels together; at last {"kind": "motions", "motions": [{"poses": (P, T, 22, 3) float32,
    "trans": (P, T, 3), "betas": (P, 10), "fps"}], "touches"}, in the order of the panels, for `to_motions`, with what
    contact guidance read off the texts (`read_pairs`; empty where no panel has it); or instead {"kind": "error",
    "message"}, one sentence. Closing the iterator stops the work before its next step.
    """
    if request["checkpoint"] not in _pipelines:
        yield {"kind": "loading"}
    stop = threading.Event()
    try:
        # Nobody else's turn, and no GPU given back, before this one's work has ended.
        made = yield from listen(lambda tell: _generate(request, tell, stop), "generation", stop)
        yield {"kind": "motions", **made}
    except Exception as error:
        yield {"kind": "error", "message": sentence_for(error)}


def _generate(
    request: Mapping[str, Any], tell: Callable[[dict[str, Any]], None], stop: threading.Event
) -> dict[str, Any]:
    pipeline = load_pipeline(request["checkpoint"])
    from intersyn.comparison import compare, total_steps
    from intersyn.settings import Settings
    from intersyn.timeline import Timeline
    from intersyn.touches import read_pairs

    timeline, panels = Timeline.from_dict(request["timeline"]), [Settings(**panel) for panel in request["panels"]]

    def on_step(done: int, total: int) -> bool:
        tell({"kind": "step", "done": done, "total": total})
        return not stop.is_set()

    on_step(0, total_steps(panels))
    motions = [
        {
            "poses": motion.poses.numpy(),
            "trans": motion.trans.numpy(),
            "betas": motion.betas.numpy(),
            "fps": motion.fps,
        }
        for motion in compare(pipeline, timeline, panels, on_step)
    ]
    guided = any(panel.contact_guidance for panel in panels)
    return {"motions": motions, "touches": read_pairs(timeline, pipeline.read_touches) if guided else {}}


def to_motions(motions: Sequence[Mapping[str, Any]], timeline: Timeline) -> list[Motion]:
    """The motions of `run_on_gpu`, which were made for `timeline`, on the CPU."""
    import torch

    from intersyn.motion import Motion

    return [
        Motion(*(torch.as_tensor(each[name]) for name in ("poses", "trans", "betas")), each["fps"], timeline)
        for each in motions
    ]


def load_pipeline(source: str | None) -> InterSynPipeline:
    """The pipeline, loaded on the first call. Raises `GenerationError`, `CheckpointError`."""
    with _loading:
        if source not in _pipelines:
            import torch

            from intersyn.checkpoint import BUNDLED, CONFIG
            from intersyn.pipeline import InterSynPipeline

            if source is None and not (BUNDLED / CONFIG).is_file():
                raise GenerationError(
                    "No checkpoint is bundled with this copy, so nothing can be generated: set the environment "
                    f"variable {CHECKPOINT_VARIABLE} to a checkpoint’s folder or Hub name and start again."
                )
            device = "cuda" if torch.cuda.is_available() else "cpu"
            _pipelines[source] = InterSynPipeline.from_pretrained(source, device)
        return _pipelines[source]


def is_loaded(source: str | None) -> bool:
    return source in _pipelines


def warm_up(source: str | None) -> None:
    """Load before the first visitor asks; what fails is reported when it is needed.

    In the background, but on ZeroGPU at once: what is loaded before the page is launched goes to the GPU the quick way.
    """

    def load() -> None:
        try:
            load_pipeline(source)
        except Exception as error:
            print(sentence_for(error), file=sys.stderr)

    if ON_ZERO_GPU:
        load()
    else:
        threading.Thread(target=load, name="warm-up", daemon=True).start()


def sentence_for(error: Exception) -> str:
    """One sentence for any failure; those nobody foresaw are also printed with their traceback."""
    from intersyn.checkpoint import CheckpointError

    foreseen = GenerationError, CheckpointError, ValueError
    return sentence_of(error, foreseen, "The model failed unexpectedly ({}); your texts are kept.")
