"""The endpoint as `gradio_client` sees it: files of every format, and one sentence for whatever is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError

from app.api import SUFFIXES, endpoint
from app.generation import Generator
from intersyn.export.project import Project
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.timeline import Part, Segment, Timeline

SCENE = Timeline(
    (
        Segment(0, 30, (Part((0, 1), "two people dance"),)),
        Segment(30, 60, (Part((0,), "a person walks"), Part((1,), "a person waves"))),
    )
)


@pytest.fixture(scope="module")
def client(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        with gr.Blocks(analytics_enabled=False) as demo:
            endpoint(Generator(str(tiny_checkpoint)))
        _, url, _ = demo.queue(max_size=4).launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
        try:
            yield Client(url, verbose=False, download_files=str(folder / "downloads"))
        finally:
            demo.close()


def ask(client: Client, **arguments: object) -> list[Path]:
    return [Path(file) for file in client.predict(**{"steps": 4, **arguments}, api_name="/generate")]


def test_texts_become_the_motion_that_the_pipeline_makes(client: Client, tiny_checkpoint: Path) -> None:
    (file,) = ask(client, together="two people bow", frames=100, start=30, end=70, seed=7, clean_up=False)
    assert file.name == "intersyn_full_seed7.npz"
    motion = Motion.load(file)
    walk = "a person walks forward"
    timeline = Timeline.solo_interact_solo(walk, "two people bow", walk, 100, 30, 70)
    assert motion.timeline == timeline
    made = InterSynPipeline.from_pretrained(tiny_checkpoint)(timeline, seed=7, steps=4)
    assert torch.allclose(motion.trans, made.trans, atol=1e-5)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_timeline_becomes_files_of_every_format(client: Client, suffix: str) -> None:
    files = ask(client, timeline=SCENE.to_dict(), variant="no_rec", file_format=suffix)
    several = suffix in (".amass.npz", ".bvh", ".obj")
    assert len(files) == 1 + several
    assert all(file.name.endswith(suffix) and file.stat().st_size > 500 for file in files)
    if suffix == ".json":
        project = Project.load(files[0])
        assert (project.timeline, project.variant, project.steps) == (SCENE, "no_rec", 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"timeline": {"segments": []}}, "A timeline has 1 to 7 segments, got 0."),
        ({"timeline": [1]}, "A timeline is an object"),
        ({"timeline": {"segments": [{}]}}, "Segment 1 must have start, end and parts"),
        ({"timeline": {**SCENE.to_dict(), "fps": 30}}, "This checkpoint makes 20 frames per second"),
        ({"together": " "}, "The text of segment 2 is empty"),
        ({"together": 5}, "The text of segment 2 is empty"),
        ({"frames": 700}, "The scene has 700 frames, and the page makes up to 600"),
        ({"frames": "many"}, "must be a whole number"),
        ({"start": 150}, "The interaction must start before it ends"),
        ({"variant": "best"}, "There is no variant 'best'"),
        ({"steps": 51}, "The number of steps must be between 4 and 50, got 51."),
        ({"steps": 16.5}, "steps must be a whole number, got 16.5."),
        ({"seed": 2**31}, "The seed must be between 0 and 2147483647"),
        ({"seed": None}, "seed must be a whole number, got None"),
        ({"guidance": "much"}, "guidance_scale must be a number, got 'much'."),
        ({"file_format": ".mp4"}, "There is no format '.mp4': choose one of .npz, .amass.npz,"),
        ({"file_format": ["/etc/passwd"]}, "There is no format"),
    ],
)
def test_what_is_wrong_is_one_sentence(client: Client, arguments: dict, sentence: str) -> None:
    with pytest.raises(AppError) as caught:
        ask(client, **arguments)
    assert sentence in str(caught.value)


@pytest.mark.slow
def test_the_page_has_this_endpoint_and_no_other(server) -> None:
    client = Client(server.url, verbose=False, download_files=False)
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/generate"]
    assert client.view_api(return_format="dict")["unnamed_endpoints"] == {}
    (file,) = client.predict(together="two people hug", steps=4, file_format=".glb", api_name="/generate")
    assert file["orig_name"] == "intersyn_full_seed0.glb" and file["url"].startswith(server.url)


def test_three_people_are_refused(client: Client) -> None:
    three = Timeline((Segment(0, 40, (Part((0, 1, 2), "they dance"),)),))
    with pytest.raises(AppError, match="The page makes scenes of 2 people, got 3"):
        ask(client, timeline=three.to_dict())


def test_a_broken_checkpoint_is_told(tmp_path: Path) -> None:
    from app.api import generate_with

    with pytest.raises(gr.Error, match="absent"):
        next(generate_with(Generator(str(tmp_path / "absent")))())


def test_the_endpoint_describes_itself(client: Client) -> None:
    info = client.view_api(return_format="dict")["named_endpoints"]
    assert list(info) == ["/generate"]
    parameters = {each["parameter_name"]: each for each in info["/generate"]["parameters"]}
    assert all(each["parameter_has_default"] for each in parameters.values())
    assert parameters["steps"]["parameter_default"] == 16
    assert "what" in info["/generate"]["description"] and json.dumps(info)
