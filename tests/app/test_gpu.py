"""Generation in this process, in a spawned one, and as ZeroGPU's package would call it (a stand-in for it)."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from app import gpu
from app.gpu import duration, request_of, run_on_gpu, to_motions
from intersyn.pipeline import InterSynPipeline
from intersyn.settings import Settings
from intersyn.timeline import Timeline

ROOT = Path(__file__).resolve().parents[2]
TIMELINE = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", 80, 25, 60)
PANELS = (Settings(steps=3), Settings("no_rec", steps=3), Settings(seed=4, steps=2, clean_up=True))
# Reads a request, writes the pickled news; what `spaces` found when it was imported goes to standard error.
CHILD = """
import json, pickle, sys
from app.gpu import run_on_gpu
pickle.dump(list(run_on_gpu(json.loads(sys.argv[1]))), sys.stdout.buffer)
"""
# What ZeroGPU's package does to a generator, as far as callers and the function itself can tell.
SPACES = """
import multiprocessing, sys

print("torch" in sys.modules, file=sys.stderr)
context = multiprocessing.get_context("fork")

def GPU(duration):
    def decorate(task):
        def work(answers, args):
            for item in task(*args):
                answers.put(item)
            answers.put(None)

        def handler(*args):
            print(duration(*args), file=sys.stderr)
            answers = context.Queue()
            process = context.Process(target=work, args=(answers, args))
            process.start()
            while (item := answers.get()) is not None:
                yield item
            process.join()
        return handler
    return decorate
"""


def child(code: str, request: dict, path: Path = ROOT) -> tuple[list[dict], list[str]]:
    run = subprocess.run(
        [sys.executable, "-c", code, json.dumps(request)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{path}:{ROOT}", "OMP_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    return pickle.loads(run.stdout), run.stderr.decode().split()


@pytest.fixture(scope="module", autouse=True)
def nothing_loaded() -> None:
    """Forget what the tests of other modules have loaded."""
    gpu._pipelines.clear()


@pytest.fixture(scope="module")
def asked(tiny_checkpoint: Path) -> dict:
    return request_of(str(tiny_checkpoint), TIMELINE, PANELS)


@pytest.fixture(scope="module")
def news(asked: dict) -> list[dict]:
    return list(run_on_gpu(asked))


def same(first: list[dict], second: list[dict]) -> bool:
    pairs = zip(to_motions(first, TIMELINE), to_motions(second, TIMELINE), strict=True)
    return all(torch.allclose(a.trans, b.trans) and torch.allclose(a.poses, b.poses, atol=1e-4) for a, b in pairs)


def test_news_are_plain_and_steps_are_counted_over_all_panels(asked: dict, news: list[dict], tiny_checkpoint: Path):
    assert json.loads(json.dumps(asked)) == asked
    assert news[0] == {"kind": "loading"} and next(run_on_gpu(asked))["kind"] == "step", "loaded once"
    assert [item["done"] for item in news[1:-1]] == list(range(6)), "what full and no_rec share is sampled once"
    assert {item["total"] for item in news[1:-1]} == {5}
    motions = to_motions(news[-1]["motions"], TIMELINE)
    alone = InterSynPipeline.from_pretrained(tiny_checkpoint)(TIMELINE, seed=4, steps=2, clean_up=True)
    assert torch.allclose(motions[2].trans, alone.trans, atol=1e-5)
    assert motions[2].timeline == TIMELINE and len(motions) == 3
    assert news[-1]["touches"] == {}, "no panel has contact guidance"


def test_what_contact_guidance_reads_off_the_texts_is_told(tiny_checkpoint: Path):
    panels = [Settings(steps=1), Settings(steps=1, contact_guidance=1.0)]
    *_, last = run_on_gpu(request_of(str(tiny_checkpoint), TIMELINE, panels))
    (text,) = {part.text for segment in TIMELINE.segments for part in segment.parts if len(part.people) == 2}
    assert list(last["touches"]) == [text]


@pytest.mark.slow
def test_a_child_process_makes_the_same(asked: dict, news: list[dict]):
    answers, _ = child(CHILD, asked)
    assert [item["kind"] for item in answers] == [item["kind"] for item in news]
    assert same(answers[-1]["motions"], news[-1]["motions"])


@pytest.mark.slow
def test_as_a_function_of_zero_gpu(asked: dict, news: list[dict], tmp_path: Path):
    (tmp_path / "spaces.py").write_text(SPACES)
    warm = "from app.gpu import load_pipeline\nload_pipeline(json.loads(sys.argv[1])['checkpoint'])\n"
    answers, said = child(CHILD.replace("pickle.dump", f"{warm}pickle.dump"), asked, tmp_path)
    assert said[0] == "False", "spaces is imported before torch"
    assert int(said[1]) == duration(asked)
    assert [item["kind"] for item in answers] == [item["kind"] for item in news[1:]], "what is loaded is inherited"
    assert same(answers[-1]["motions"], news[-1]["motions"])


@pytest.mark.slow
def test_the_page_is_built_without_torch():
    code = "import app.api, app.gpu, app.history, app.layout, app.share, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_whoever_leaves_stops_the_work(asked: dict):
    running = run_on_gpu(asked)
    while next(running)["kind"] != "step":
        pass
    running.close()
    assert not [each for each in threading.enumerate() if each.name == "generation"]


def test_failures_are_one_sentence(asked: dict, tmp_path: Path, monkeypatch, capsys):
    *_, last = run_on_gpu({**asked, "checkpoint": str(tmp_path / "absent")})
    assert last["kind"] == "error" and "absent" in last["message"]
    monkeypatch.setattr("intersyn.comparison.compare", lambda *_: 1 / 0)
    *_, last = run_on_gpu(asked)
    assert last == {
        "kind": "error",
        "message": "The model failed unexpectedly (ZeroDivisionError); your texts are kept.",
    }
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_duration_grows_with_frames_and_steps(asked: dict):
    long = {**asked, "panels": asked["panels"] * 4}
    assert 10 < duration(asked) <= duration(long) < 60
    full = Timeline.solo_interact_solo("a", "b", "c", 600, 200, 400)
    assert duration(request_of(None, full, [Settings()] * 4)) <= 60, "the longest that the page allows"
