"""Links: whatever the state, it comes back; whatever comes in, one sentence goes out."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import re
import zlib
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from app.bodies import measure
from app.limits import MAX_LINK_CHARACTERS
from app.script import ALONE, TOGETHER, Scene, Script
from app.share import BROKEN, MAX_STATE_BYTES, ShareError, decode, encode, shared_state
from app.state import State
from intersyn.body.default import default_arrays
from intersyn.export.project import Project
from intersyn.settings import VARIANTS, Settings

WORDS = [
    "a",
    "person",
    "walks,",
    "“waves”",
    "both",
    "hands –",
    "turns\tleft",
    "走る",
    "رقص",
    "🕺",
    "naïve",
    "\\",
    '"',
    "&?#%",
]


def text(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randrange(0, 12)))


def state(draw: random.Random) -> State:
    """Any state that the page may be in."""
    scenes = tuple(
        Scene(draw.choice((ALONE, TOGETHER)), draw.randrange(30, 80), text(draw), text(draw), text(draw))
        for _ in range(draw.randint(1, 7))
    )
    panels = tuple(
        Settings(
            draw.choice(list(VARIANTS)), draw.randrange(2**31), draw.randrange(4, 17), draw.uniform(0, 10),
            draw.random() < 0.5, draw.choice((0.0, draw.uniform(0, 2))),
        )
        for _ in range(draw.randint(1, 4))
    )  # fmt: skip
    bodies = tuple(round(draw.uniform(-2, 190), 2) for _ in range(4))
    return State(Script(scenes), panels, bodies)


FIRST = state(random.Random(1))


def packed(data: object) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return "1." + base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


def unpacked(token: str) -> dict:
    data = token.partition(".")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))))


def test_every_state_comes_back() -> None:
    for seed in range(200):
        before = state(random.Random(seed))
        token = encode(before)
        assert re.fullmatch(r"[\w.-]+", token, re.ASCII), seed
        assert decode(token) == before, seed
        assert encode(decode(token)) == token, seed


def test_a_usual_scene_makes_a_short_link() -> None:
    scenes = (
        Scene(ALONE, 60, "a person walks forward", "a person walks forward"),
        Scene(TOGETHER, 80, together="two people salsa dance"),
        Scene(ALONE, 56, "a person waves with the right hand", "a person bows"),
    )
    assert len(encode(State(Script(scenes), (Settings(),), (172.0, 0.0, 172.0, 0.0)))) < 400


def test_what_no_address_holds_is_refused() -> None:
    draw = random.Random(0)
    noise = ["".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(300)) for _ in range(21)]
    scenes = tuple(Scene(ALONE, 40, *noise[3 * k : 3 * k + 3]) for k in range(7))
    long = State(Script(scenes), (Settings(),), (172.0, 0.0, 172.0, 0.0))
    with pytest.raises(ShareError, match="addresses hold 6000: shorten its texts, or save a project file"):
        encode(long)


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "1", "1.", "1.!!!", "1.AAAA", "x.AAAA", encode(FIRST)[:-9], encode(FIRST) + "AAAA", "é" * 50,
        encode(FIRST).replace("1.", "", 1), "1." + "A" * MAX_LINK_CHARACTERS, None, 5, ["1."],
        packed(b"\xff\xfe"), packed(b"{"), packed(b"[" * 5_000), packed(b"1" * 5_000), packed([]), packed({}),
        packed(b'{"script": [], "panels": [], "bodies": [NaN]}'),
        packed({"script": {}, "panels": [], "bodies": []}),
        packed({**unpacked(encode(FIRST)), "more": 1}),
        packed({**unpacked(encode(FIRST)), "bodies": ["172", 0, 172, 0]}),
        packed({**unpacked(encode(FIRST)), "bodies": [10**400, 0, 172, 0]}),
        packed({**unpacked(encode(FIRST)), "script": [["alone", 60]]}),
        packed({**unpacked(encode(FIRST)), "panels": ["full"]}),
    ],
)  # fmt: skip
def test_what_is_broken_is_told(token: object) -> None:
    with pytest.raises(ShareError, match=BROKEN):
        decode(token)


def test_a_small_link_cannot_grow_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(b" " * 4_000_000)
    assert len(bomb) < MAX_LINK_CHARACTERS
    seen: list[int] = []
    monkeypatch.setattr("app.share.json.loads", lambda text, **_: seen.append(len(text)))
    with pytest.raises(ShareError, match=BROKEN):
        decode(bomb)
    assert seen == [] and MAX_STATE_BYTES < 100_000


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"script": []}, "A script has 1 to 7 segments, got 0"),
        ({"script": [["alone", 60, "a", "b", "c"]] * 8}, "A script has 1 to 7 segments, got 8"),
        ({"script": [["alone", 60, 5, "b", "c"]]}, "person one’s text must be a text"),
        ({"script": [["alone", 3, "a", "b", "c"]]}, "must last 20 to"),
        ({"script": [["alone", 601, "a", "b", "c"]]}, "The scene has 601 frames, and the page makes up to 600"),
        ({"script": [["apart", 60, "a", "b", "c"]]}, "must be alone or together"),
        ({"script": [["alone", 60, "x" * 301, "b", "c"]]}, "301 characters"),
        ({"panels": []}, "1 to 4 panels, got 0"),
        ({"panels": [["full", 0, 16, 2.5, True, 0]] * 5}, "1 to 4 panels, got 5"),
        ({"panels": [["full", 0, 16]]}, "A panel has 6 settings, got 3"),
        ({"panels": [["best", 0, 16, 2.5, True, 0]]}, "no variant 'best'"),
        ({"panels": [[["full"], 0, 16, 2.5, True, 0]]}, "variant must be a text"),
        ({"panels": [["full", True, 16, 2.5, True, 0]]}, "seed must be a whole number, got True"),
        ({"panels": [["full", 0, 1e300, 2.5, True, 0]]}, "steps must be a whole number"),
        ({"panels": [["full", 0, 16, "2.5", True, 0]]}, "guidance_scale must be a number, got '2.5'"),
        ({"panels": [["full", 0, 16, 2.5, 1, 0]]}, "clean_up must be true or false, got 1"),
        ({"panels": [["full", 2**40, 16, 2.5, True, 0]]}, "The seed must be between 0 and"),
        ({"bodies": [172, 0]}, "Two bodies have 4 values, got 2"),
        ({"bodies": [1e8, 0, 172, 0]}, "A value of a body must be a number up to 1000"),
    ],
)
def test_what_is_wrong_is_named(change: dict, sentence: str) -> None:
    with pytest.raises(ShareError) as caught:
        decode(packed({**unpacked(encode(FIRST)), **change}))
    assert "This link cannot be opened: " in str(caught.value) and sentence in str(caught.value)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_random_damage_never_raises_anything_else() -> None:
    draw = random.Random(2)
    token = encode(FIRST)
    for _ in range(500):
        at = draw.randrange(len(token))
        damaged = token[:at] + chr(draw.randrange(33, 127)) * draw.randrange(0, 3) + token[at + draw.randrange(3) :]
        with contextlib.suppress(ShareError):
            decode(damaged)


def test_links_of_other_versions_say_so() -> None:
    with pytest.raises(ShareError, match="another version of the page"):
        decode("2.AAAA")


def test_the_address_of_the_page_is_read() -> None:
    assert shared_state(gr.Request(query_params={"__theme": "dark"})) is None
    assert shared_state(gr.Request(query_params={"scene": encode(FIRST)})) == FIRST
    with pytest.raises(ShareError):
        shared_state(gr.Request(query_params={"scene": "nothing"}))


def test_a_project_file_keeps_what_is_asked_for(tmp_path) -> None:
    """All but texts that do not show, which a project has no place for."""
    sliders = measure(default_arrays(), "")
    scenes = (Scene(ALONE, 60, "a person walks", "a person runs"), Scene(TOGETHER, 60, together="they dance"))
    panels = (Settings(seed=3, contact_guidance=1.0), Settings("no_rec", 3), Settings("full", 4))
    before = State(Script(scenes), panels, (180.0, 1.0, 165.0, -0.5))
    betas = tuple((*pair, *[0.0] * 8) for pair in sliders.betas(before.bodies))
    first = panels[0]
    project = Project(
        before.script.timeline(), first.seed, first.variant, first.steps, first.guidance_scale, first.clean_up,
        "somebody's", "0" * 64, betas, first.contact_guidance, beside=panels[1:],
    )  # fmt: skip
    after = State.of_project(Project.load(project.save(tmp_path / "scene.json")), sliders)
    assert (after.script, after.panels) == (before.script, before.panels)
    np.testing.assert_allclose(after.bodies, before.bodies)
    plain = replace(project, betas=(), beside=())
    assert State.of_project(plain, sliders).bodies == tuple(sliders.middle)
    with pytest.raises(ValueError, match="steps must be between 4 and 50, got 90"):
        State.of_project(replace(plain, steps=90), sliders)
