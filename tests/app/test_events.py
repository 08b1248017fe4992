"""The handlers without a browser: what they answer, and that nothing is left running or lying about."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from app.bodies import Sliders, measure
from app.events import Events, summary
from app.form import fields, read
from app.gallery import NO_SCENE
from app.generation import Generator, Progress
from app.history import Histories, History
from app.line import Line, in_words
from app.presets import PRESETS
from app.script import Scene, Script
from app.session import Session
from app.share import PARAMETER, encode
from intersyn.body.browser import unpack_arrays
from intersyn.body.default import default_arrays
from intersyn.data.store import ClipStore

BODIES = (172, 0.0, 172, 0.0)


def form(beside: tuple[str, ...] = (), **changes) -> tuple:
    """The fields as Gradio hands them over, bodies included."""
    values = {
        "script": PRESETS[0].script.value(), "variant": "full", "seed": 0, "steps": 4, "guidance": 2.5,
        "clean_up": True, "contact_guidance": 0, "beside": list(beside),
    }  # fmt: skip
    return *(values | changes).values(), *BODIES


FORM = form()
VISITOR = SimpleNamespace(session_hash="somebody")


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
    generator.line = Line()  # in which nobody else stands, and nothing has been timed
    return Events(generator, sliders, Histories())


def test_a_wrong_form_starts_nothing(events):
    empty = {"segments": [{"kind": "together", "frames": 60}]}
    job, report, generate, cancel, timer = events.begin(Session(), VISITOR, *form(script=empty))
    assert job is None
    assert "is-error" in report
    assert 'data-field="scene-0-together"' in report
    assert skipped(generate)
    assert skipped(cancel)
    assert skipped(timer)
    assert len(events.generator.line) == 0
    assert all(skipped(update) for update in next(events.run(job, Session(), History())))


def test_generating_reports_steps_and_ends_with_files(events):
    job, report, generate, cancel, timer = events.begin(Session(), VISITOR, *FORM)
    assert (generate["visible"], cancel["visible"]) == (False, True)
    reports, file, session, history = [], None, Session(), History()
    answers = events.run(job, session, history, 180, 1, 165, -1)
    for view, report, save, _, kept, listed, strip, generate, cancel in answers:
        reports.append(report)
        if not skipped(view):
            file = Path(view["panels"][0]["motion"]["path"])
            arrays, facts = unpack_arrays(file.read_bytes())
            assert save["visible"] is False, "a file of what was shown before"
            assert (generate["visible"], cancel["visible"]) == (True, False)
            assert kept is history and listed["value"] == history.entries[0].key
            assert strip == NO_SCENE
    assert [f"step {k} of 4" in r for k, r in enumerate(reports[:-1])] == [True] * 5
    assert "is-done" in reports[-1]
    assert arrays["rotations"].shape == (PRESETS[0].script.frames, 2, 22, 4)
    motion = session.motion
    assert (motion.timeline, session.state) == (read(*FORM).script.timeline(), read(*FORM))
    assert session.name == "intersyn_full_seed0"
    dressed = events.sliders.dress(motion, (180, 1, 165, -1))
    np.testing.assert_array_equal(arrays["betas"], dressed.betas.numpy())
    np.testing.assert_allclose(arrays["root"].swapaxes(0, 1), motion.trans.numpy(), atol=1e-6)
    assert not file.exists(), "Gradio has its own copy by now"
    assert len(events.generator.line) == 0


def test_panels_have_names_and_sentences(events):
    job, *_ = events.begin(Session(), VISITOR, *form(("no_rec", "seed")))
    session = Session()
    view = next(view for view, *_ in events.run(job, session, History()) if not skipped(view))
    labels = [panel["label"] for panel in view["panels"]]
    assert labels == ["Full model, seed 0", "No coordinator", "Seed 1"]
    notes = [panel["note"] for panel in view["panels"]]
    assert notes[0] == "" and all(note.endswith(".") for note in notes[1:])
    assert len(session.motions) == 3
    (values,) = events.stage.plots(session)
    assert any("No coordinator" in str(value) for value in values)


def test_manifest_says_who_does_what(events):
    job, *_ = events.begin(Session(), VISITOR, *FORM)
    view = next(view for view, *_ in events.run(job, Session(), History()) if not skipped(view))
    scenes = PRESETS[0].script.scenes
    assert [(s["end"] - s["start"], s["kind"]) for s in view["segments"]] == [(s.frames, s.kind) for s in scenes]
    k = next(k for k, scene in enumerate(scenes) if scene.kind == "together")
    assert view["segments"][k]["texts"] == [{"people": [0, 1], "text": scenes[k].together}]
    assert view["people"] == ["Person one", "Person two"]


def test_cancel_stops_between_steps_and_changes_nothing(events):
    job, *_ = events.begin(Session(), VISITOR, *form(steps=50))
    answers = []
    for answer in events.run(job, Session(), History()):
        answers.append(answer)
        if len(answers) == 2:
            report, generate, cancel = events.cancel(job)
            assert "Stopping" in report
    assert all(skipped(view) and skipped(download) for view, _, download, *_ in answers)
    assert "Cancelled" in answers[-1][1]
    assert len(answers) < 50
    assert (answers[-1][-2]["visible"], answers[-1][-1]["visible"]) == (True, False)


def test_the_visitor_is_told_what_contact_guidance_read_off_the_texts():
    state = read(*FORM)
    assert "Contact guidance" not in summary(state, 2.0, {})
    said = summary(state, 2.0, {"two people shake": "two-handed-handshake", "two people wave": None})
    assert said.endswith("guidance read “two people shake” as two handed handshake, “two people wave” as no touch.")


def test_whoever_waits_is_told_how_many_are_before_and_for_how_long(events):
    """Of three visitors; the first one's request is the only one whose like has been timed before."""
    done, *_ = events.begin(Session(), VISITOR, *FORM)
    list(events.run(done, Session(), History()))
    (work, seconds), *_ = events.generator.line._taken["motions"]
    first, report, *_ = events.begin(Session(), VISITOR, *form(steps=8))
    assert "Starting" in report
    second, report, _, _, timer = events.begin(Session(), SimpleNamespace(session_hash="another"), *FORM)
    assert timer.active
    assert f"Waiting: {in_words(1, 2 * seconds)}." in report
    third, report, *_ = events.begin(Session(), SimpleNamespace(session_hash="third"), *FORM)
    assert f"Waiting: {in_words(2, 3 * seconds)}." in report
    events.leave(SimpleNamespace(session_hash="another"))
    report, timer = events.wait(third)
    assert "Waiting: 1 person before you" in report and skipped(timer)
    events.cancel(third)
    (answer,) = events.run(third, Session(), History())
    assert "Cancelled" in answer[1]
    list(events.run(first, Session(), History()))
    report, timer = events.wait(first)
    assert skipped(report) and not timer.active
    *_, last = events.run(second, Session(), History())
    assert "is-done" in last[1], "whoever was thought to have left, and has not"
    assert len(events.generator.line) == 0


def test_where_too_many_wait_nobody_joins(events, monkeypatch):
    monkeypatch.setattr("app.events.MAX_WAITING", 1)
    waiting, *_ = events.begin(Session(), VISITOR, *FORM)
    job, report, *rest = events.begin(Session(), VISITOR, *FORM)
    assert job is None and "Too many people" in report and all(map(skipped, rest))
    list(events.run(waiting, Session(), History()))


def test_a_visitor_who_leaves_stops_the_work(generator):
    state = read(*form(steps=50))
    run = generator.run(state.script.timeline(), state.panels)
    next(run)
    run.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "generation"]


def test_what_greets_is_what_is_then_kept(events):
    session = Session()
    greeting = events.welcome(session, *BODIES)
    view, report, save, kept = next(greeting)
    arrays, facts = unpack_arrays(Path(view["panels"][0]["motion"]["path"]).read_bytes())
    assert "press Generate" in report and save["visible"] is False and skipped(kept)
    assert session.motion is None
    ((view, report, save, kept),) = greeting
    assert skipped(view) and kept is session
    with events.stage.manifest(session, BODIES) as usual:
        then, facts_then = unpack_arrays(Path(usual["panels"][0]["motion"]["path"]).read_bytes())
    assert facts == facts_then and arrays.keys() == then.keys()
    for name, array in arrays.items():
        np.testing.assert_allclose(array.astype(float), then[name], atol=2 if name == "rotations" else 0, err_msg=name)


def test_what_greets_does_not_come_over_what_was_asked_for(events):
    session = Session()
    greeting = events.welcome(session, *BODIES)
    next(greeting)
    events.begin(session, VISITOR, *FORM)
    list(greeting)
    assert session.motion is None
    assert [tuple(map(skipped, answer)) for answer in events.welcome(session, *BODIES)] == [(True,) * 4]


@pytest.mark.slow
def test_the_first_picture_needs_no_torch():
    code = """
import sys
from app.bodies import measure, served_body
from app.events import Events
from app.generation import Generator
from app.history import Histories
from app.session import Session
sliders = measure(*served_body())
view, *_ = next(Events(Generator(), sliders, Histories()).welcome(Session(), *sliders.middle))
print(len(view["panels"]), "torch" in sys.modules)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_a_missing_checkpoint_is_one_sentence(tmp_path, sliders):
    events = Events(Generator(str(tmp_path / "absent")), sliders, Histories())
    job, *_ = events.begin(Session(), VISITOR, *FORM)
    *_, last = events.run(job, Session(), History())
    assert "There is no checkpoint folder" in last[1]
    assert "is-error" in last[1]
    assert skipped(last[0])


def test_time_left_is_told_once_it_can_be(generator):
    state = read(*FORM)
    news = [item for item in generator.run(state.script.timeline(), state.panels) if isinstance(item, Progress)]
    assert [item.done for item in news] == [0, 1, 2, 3, 4]
    assert news[0].left is None and news[-1].left == 0
    assert all(item.left > 0 for item in news[1:-1])


def test_a_link_fills_the_form_and_generates(events):
    state = read(*form(("no_rec",), seed=7))
    asked = SimpleNamespace(query_params={PARAMETER: encode(state)}, session_hash="somebody")
    job, report, generate, cancel, timer, *rest = events.open_link(Session(), asked)
    assert job[1] == state and "is-busy" in report
    assert tuple(rest) == (*fields(state), *BODIES)
    *_, last = events.run(job, Session(), History())
    assert len(last[0]["panels"]) == 2


def test_a_broken_link_is_one_sentence_and_no_link_is_none(events):
    job, report, *rest = events.open_link(Session(), SimpleNamespace(query_params={PARAMETER: "1.rubbish"}))
    assert job is None and "is-error" in report and all(map(skipped, rest))
    job, *rest = events.open_link(Session(), SimpleNamespace(query_params={}))
    assert job is None and all(map(skipped, rest))


def test_results_are_shown_again_without_being_made(events):
    job, *_ = events.begin(Session(), VISITOR, *form(("no_rec",)))
    session, history = Session(), History()
    list(events.run(job, session, history))
    made, again = session.motions, Session()
    ((view, report, save, *filled),) = events.show_again(history.entries[0].key, again, history)
    assert again.motions == made and len(view["panels"]) == 2
    assert tuple(filled) == fields(job[1])
    ((view, report, *rest),) = events.show_again("gone", again, history)
    assert skipped(view) and "expired" in report


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
    assert session.state is None
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
        assert item["field"] == ("together" if item["people"] == 2 else "alone")


@pytest.mark.parametrize(("people", "index", "name"), [(2, 1, "together"), (1, 0, "one")])
def test_an_examples_text_goes_into_the_first_segment_of_its_kind(events, people, index, name):
    value = chosen(events, people)
    before = Script((Scene("alone", 40, "a", "b", "c"), Scene("together", 60, "d", "e", "f"))).value()
    after, report = events.use_example(value, before)
    before["segments"][index][name] = value["examples"][value["chosen"]]["text"]
    assert after == before
    assert f"in segment {index + 1}" in report


def test_an_example_without_a_segment_of_its_kind_changes_nothing(events):
    value, report = events.use_example(chosen(events, 2), Script((Scene("alone", 40),)).value())
    assert skipped(value) and "is-error" in report and "add one first" in report


def test_examples_that_cannot_be_read_are_one_sentence(events, monkeypatch, tmp_path):
    monkeypatch.setattr("app.events.sample_examples", lambda: ClipStore.load(tmp_path / "sample.zip"))
    value = events.list_examples()
    assert value["examples"] is None
    assert value["message"].startswith("The examples cannot be read: ")
