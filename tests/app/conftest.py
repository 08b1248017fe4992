"""A running page for browser tests: `python app.py` in a process of its own, with tiny random networks behind it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fastapi
import gradio as gr
import pytest
import uvicorn

from app.assets import style_sheet
from app.theme import theme

if TYPE_CHECKING:  # without Playwright the browser tests are skipped and the others run
    from playwright.sync_api import Frame, Page

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    url: str
    log: Path

    def contacted(self) -> set[str]:
        """Hosts that the process has looked up or connected to so far."""
        hosts = {line.split(maxsplit=1)[1] for line in self.log.read_text().splitlines() if " " in line}
        return {host.strip("b'\"") for host in hosts}


def start_server(folder: Path, **environment: str) -> Iterator[Server]:
    # Imported here: it needs Playwright, without which the browser tests are skipped and the others run.
    from training.benchmark_page import PATIENCE, answers, free_port

    port = free_port()
    log, output = folder / "contacted.txt", folder / "output.txt"
    log.touch()
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("GRADIO_", "HF_", "INTERSYN_"))}
    ours = {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "HF_HOME": str(folder / "hf"),
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    command = [sys.executable, str(ROOT / "tests/app/serve.py"), str(log), str(ROOT / "app.py")]
    with (
        output.open("w") as file,
        subprocess.Popen(command, cwd=ROOT, env={**keep, **ours}, stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}/"
            deadline = time.monotonic() + PATIENCE
            while not answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the page did not start:\n{output.read_text()}")
                time.sleep(0.2)
            yield Server(url, log)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Iterator[Server]:
    yield from start_server(tmp_path_factory.mktemp("server"), INTERSYN_CHECKPOINT=str(tiny_checkpoint))


@pytest.fixture(scope="module")
def server_without_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("bare")
    yield from start_server(folder, INTERSYN_CHECKPOINT=str(folder / "nothing-here"))


@contextmanager
def mounted(build: Callable[[], gr.Blocks], folder: Path) -> Iterator[str]:
    """The address of a site with a page below /studio/, and at /frame?... with that page in a frame, same query."""
    from training.benchmark_page import answers, free_port

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        site, port = fastapi.FastAPI(), free_port()

        @site.get("/frame", response_class=fastapi.responses.HTMLResponse)
        def frame(request: fastapi.Request) -> str:
            source = f"http://127.0.0.1:{port}/studio/?{request.url.query}"
            return f'<!doctype html><title>Embedded</title><iframe src="{source}" width="1200" height="900"></iframe>'

        @site.get("/favicon.ico", status_code=204)
        def icon() -> None:
            """What browsers ask any site for."""

        site = gr.mount_gradio_app(site, build(), "/studio", theme=theme(), head=style_sheet(), ssr_mode=False)
        server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not answers(f"http://127.0.0.1:{port}/frame"):
            time.sleep(0.2)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = server.force_exit = True  # streams of the page may still be open
            thread.join()


def motion_arrives(place: Page | Frame, before: str | None = None, viewer: str = "viewer") -> None:
    """Wait until a viewer, the studio's, shows what it was last asked for, and that is not `before`, its `shown`.

    `shown` says what is asked for, and the panels follow when it has come.
    """
    place.wait_for_function(
        """([before, name]) => {
            const viewer = [...document.querySelectorAll('*')].find((e) => e.viewer?.name === name)?.viewer;
            const there = viewer?.panels.map(({ address }) => address).join('\\n');
            return there && there === viewer.shown && there !== before;
        }""",
        arg=[before, viewer],
    )
