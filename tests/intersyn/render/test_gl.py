"""The probe finds a way to draw or says why there is none, and never takes the process down with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from intersyn.render import gl

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _probe_anew():
    """Each test probes for itself, and the answer of the whole run stays as it was."""
    kept = gl._probe
    gl._probe = gl.cache(kept.__wrapped__)
    yield
    gl._probe = kept


def ask(**environment: str) -> list[str]:
    """What a fresh process answers: the back end, then the problem."""
    code = "from intersyn.render.gl import gl_backend, gl_problem; print(gl_backend()); print(gl_problem())"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return run.stdout.splitlines()


def test_a_process_without_egl_is_told_what_to_install(tmp_path: Path):
    vendors = tmp_path / "vendors"
    vendors.mkdir()  # where the EGL loader then looks for drivers, and finds none
    backend, problem = ask(PYOPENGL_PLATFORM="egl", __EGL_VENDOR_LIBRARY_DIRS=str(vendors))
    assert backend == "None"
    assert "libegl1" in problem and "another format" in problem and problem.count(". ") == 0 and problem[-1] == "."


def test_platforms_that_need_a_screen_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYOPENGL_PLATFORM", "glx")
    assert gl.gl_backend() is None
    assert "PYOPENGL_PLATFORM is 'glx'" in gl.gl_problem()
    with pytest.raises(gl.RenderError, match="egl or osmesa"):
        gl.require_gl()


@pytest.mark.parametrize(
    ("answers", "backend"), [({}, "egl"), ({"egl": "no"}, "osmesa"), ({"egl": "no", "osmesa": "gone"}, None)]
)
def test_the_first_that_draws_is_taken_and_asked_once(monkeypatch: pytest.MonkeyPatch, answers: dict, backend: str):
    monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
    asked = []
    monkeypatch.setattr(gl, "_attempt", lambda name: asked.append(name) or answers.get(name))
    assert [gl.gl_backend(), gl.gl_backend()] == [backend] * 2
    assert asked == list(gl.BACKENDS[: len(answers) + 1])
    problem = gl.gl_problem()
    assert problem is None if backend else ("EGL: no" in problem and "OSMesa: gone" in problem)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with code"),
        ("raise OSError('no driver.')", "OSError: no driver"),
        ("import time; time.sleep(60)", "no answer within 2 s"),
    ],
)
def test_a_driver_that_dies_only_takes_the_probe_along(monkeypatch: pytest.MonkeyPatch, program: str, reason: str):
    run = subprocess.run
    monkeypatch.setattr(gl, "PATIENCE", 2.0)
    monkeypatch.setattr(subprocess, "run", lambda command, **rest: run([*command[:2], program], **rest))
    assert gl._attempt("egl").startswith(reason)
