"""The handlers without a browser: what they answer, and that nothing is left running or lying about."""

from __future__ import annotations

import threading
from dataclasses import astuple, replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from app.bodies import Sliders, measure
from app.events import Events, apply_preset, preset_form
from app.form import read
from app.generation import GenerationError, Generator, Progress, Stopped
from app.presets import PRESETS
from app.session import Session
from intersyn.body.browser import unpack_arrays
from intersyn.body.default import default_arrays
from intersyn.data.store import ClipStore

FORM = replace(preset_form(PRESETS[0]), steps=3)


def skipped(update) -> bool:
    return update == gr.skip()


@pytest.fixture(scope="module")
def generator(tiny_checkpoint: Path) -> Generator:
    generator = Generator(str(tiny_checkpoint))
    generator.load()
    return generator


@pytest.fixture(scope="module")
def sliders() -> Sliders:
    return measure(default_arrays(), "")


@pytest.fixture
def events(generator: Generator, sliders: Sliders) -> Events:
    return Events(generator, sliders)


def test_a_wrong_form_starts_nothing(events):
    job, report, generate, cancel = events.begin(Session(), *astuple(replace(FORM, together="")))
    assert job is None
    assert "is-error" in report
    assert "together is empty" in report
    assert skipped(generate)
    assert skipped(cancel)
    assert events.stops == {}
    assert all(skipped(update) for update in next(events.run(job, Session())))


def test_generating_reports_steps_and_ends_with_files(events):
    job, report, generate, cancel = events.begin(Session(), *astuple(FORM))
    assert (generate["visible"], cancel["visible"]) == (False, True)
    reports, file, session = [], None, Session()
    for view, report, save, generate, cancel in events.run(job, session, 180, 1, 165, -1):
        reports.append(report)
        if not skipped(view):
            file = Path(view["panels"][0]["motion"]["path"])
            arrays, facts = unpack_arrays(file.read_bytes())
            assert save["visible"] is False, "a file of what was shown before"
            assert (generate["visible"], cancel["visible"]) == (True, False)
    assert [f"step {k} of 3" in r for k, r in enumerate(reports[:-1])] == [True] * 4
    assert "is-done" in reports[-1]
    assert arrays["rotations"].shape == (196, 2, 22, 4)
    motion = session.motion
    assert (motion.timeline, session.request) == (read(FORM).timeline, read(FORM))
    assert session.name == "intersyn_full_seed0"
    dressed = events.sliders.dress(motion, (180, 1, 165, -1))
    np.testing.assert_array_equal(arrays["betas"], dressed.betas.numpy())
    np.testing.assert_allclose(arrays["root"].swapaxes(0, 1), motion.trans.numpy(), atol=1e-6)
    assert not file.exists(), "Gradio has its own copy by now"
    assert events.stops == {}


def test_manifest_says_who_does_what(events):
    job, *_ = events.begin(Session(), *astuple(FORM))
    view = next(view for view, *_ in events.run(job, Session()) if not skipped(view))
    assert [(s["start"], s["end"], s["kind"]) for s in view["segments"]] == [
        (0, 60, "alone"),
        (60, 140, "together"),
        (140, 196, "alone"),
    ]
    assert view["segments"][1]["texts"] == [{"people": [0, 1], "text": FORM.together}]
    assert view["people"] == ["Person one", "Person two"]


def test_cancel_stops_between_steps_and_changes_nothing(events):
    job, *_ = events.begin(Session(), *astuple(replace(FORM, steps=50)))
    answers = []
    for answer in events.run(job, Session()):
        answers.append(answer)
        if len(answers) == 2:
            report, generate, cancel = events.cancel(job)
            assert "Stopping" in report
    assert all(skipped(view) and skipped(download) for view, _, download, *_ in answers)
    assert "Cancelled" in answers[-1][1]
    assert len(answers) < 50
    assert (answers[-1][3]["visible"], answers[-1][4]["visible"]) == (True, False)


def test_cancel_while_waiting_in_the_queue(events):
    job, *_ = events.begin(Session(), *astuple(FORM))
    events.cancel(job)
    (answer,) = events.run(job, Session())
    assert "Cancelled" in answer[1]


def test_a_visitor_who_leaves_stops_the_work(generator):
    stop = threading.Event()
    run = generator.run(read(replace(FORM, steps=50)), stop)
    next(run)
    run.close()
    assert stop.is_set()


def test_a_missing_checkpoint_is_one_sentence(tmp_path, sliders):
    events = Events(Generator(str(tmp_path / "absent")), sliders)
    job, *_ = events.begin(Session(), *astuple(FORM))
    *_, last = events.run(job, Session())
    assert "There is no checkpoint folder" in last[1]
    assert "is-error" in last[1]
    assert skipped(last[0])
    *_, (view, report, _) = events.welcome(Session())
    assert "There is no checkpoint folder" in view["message"]


def test_failures_nobody_foresaw_are_told_and_printed(capsys):
    class Broken(Generator):
        def load(self):
            raise KeyError("what")

    with pytest.raises(GenerationError, match="failed unexpectedly \\(KeyError\\); your texts are kept"):
        list(Broken().run(read(FORM), threading.Event()))
    assert "KeyError: 'what'" in capsys.readouterr().err


def test_a_stop_before_the_start_is_heard(generator):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        list(generator.run(read(FORM), stop))


def test_the_example_is_made_once_and_by_the_model(events):
    first = [view for view, *_ in events.welcome(Session())][-1]
    assert first["example"] is True
    motion, request = events.example()
    assert events.example()[0] is motion
    *_, again = events.generator.run(request, threading.Event())
    assert np.array_equal(again.poses.numpy(), motion.poses.numpy())
    assert not isinstance(again, Progress)


def test_who_has_asked_for_something_is_not_shown_the_welcome(events):
    session = Session()
    events.begin(session, *astuple(FORM))
    assert all(skipped(update) for update in [*events.welcome(session)][-1])
    assert session.motion is None


def test_presets_fill_the_whole_form():
    texts = apply_preset(PRESETS[1])
    assert texts[:5] == astuple(preset_form(PRESETS[1]))[:5]
    assert texts[-1] == {"frames": 196, "start": 70, "end": 130}


def chosen(events: Events, people: int) -> dict:
    """The list's value after somebody chose its first composed example of so many people."""
    value = events.list_examples()
    number = next(
        k for k, item in enumerate(value["examples"]) if item["people"] == people and item["kind"] == "composed"
    )
    return value | {"chosen": number}


@pytest.mark.parametrize("people", [1, 2])
def test_an_example_is_shown_like_a_generated_motion(events, people):
    value = chosen(events, people)
    item = value["examples"][value["chosen"]]
    session = Session()
    ((view, report, save),) = events.show_example(value, session)
    motion = session.motion
    assert save["visible"] is False
    assert session.request is None
    assert (motion.num_people, len(view["people"])) == (people, people)
    assert view["segments"] == [
        {
            "start": 0,
            "end": motion.frames,
            "kind": "together" if people == 2 else "alone",
            "label": f"{'together' if people == 2 else 'alone'} · {motion.duration:.1f} s",
            "texts": [{"people": list(range(people)), "text": item["text"]}],
        }
    ]
    assert view["example"] is False, "the visitor asked for it"
    assert item["name"] in report and "not made by the model" in report


def test_every_example_says_what_it_is(events):
    for item in events.list_examples()["examples"]:
        assert item["about"].lower().startswith(item["kind"])
        assert "CC BY-NC 4.0" in item["about"] or "not to be resold" in item["about"]
        assert item["field"] == ("together" if item["people"] == 2 else "before-one")


def test_an_examples_text_goes_into_the_matching_field(events):
    pair, alone = chosen(events, 2), chosen(events, 1)
    together, before_one, report = events.use_example(pair)
    assert together == pair["examples"][pair["chosen"]]["text"]
    assert skipped(before_one) and "what both do together" in report
    together, before_one, report = events.use_example(alone)
    assert before_one == alone["examples"][alone["chosen"]]["text"]
    assert skipped(together) and "person one" in report


def test_examples_that_cannot_be_read_are_one_sentence(events, monkeypatch, tmp_path):
    monkeypatch.setattr("app.events.sample_examples", lambda: ClipStore.load(tmp_path / "sample.zip"))
    value = events.list_examples()
    assert value["examples"] is None
    assert value["message"].startswith("The examples cannot be read: ")
