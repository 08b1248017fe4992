"""The gallery: what is bundled, what the page gets of it, and the strip in a real browser."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from PIL import Image

from app.assets import publish, style_sheet
from app.gallery import FAILS, gallery, load, opening, said
from app.gallery_file import COMMAND, FILE, Collection, Exhibit, GalleryError, pack_collection, read_collection
from app.limits import MAX_STEPS, check_request
from app.presets import PRESETS
from app.theme import theme
from app.viewer import manifest
from intersyn.body.browser import pack_motion, unpack_arrays
from intersyn.body.default import default_arrays
from intersyn.motion import Motion

FAILURES = [preset.works for preset in PRESETS].count(False)
PATIENCE = 120  # seconds: software rendering on a shared machine is slow


def made_up(preset, shift: float = 0.0) -> Motion:
    trans = torch.full((2, preset.script.frames, 3), float(shift))
    trans[1, :, 2] += 1
    return Motion(torch.zeros(*trans.shape[:2], 22, 3), trans, torch.zeros(2, 10), 20.0, preset.script.timeline())


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (288, 192), (shade, 120, 120)).save(file, "WEBP")
    return file.getvalue()


@pytest.fixture(scope="module")
def collection() -> Collection:
    exhibits = (Exhibit(p, pack_motion(made_up(p, k)), picture(20 * k)) for k, p in enumerate(PRESETS))
    return Collection("made up", "0" * 64, tuple(exhibits))


@pytest.fixture(scope="module")
def made(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gallery") / "scenes.zip"
    path.write_bytes(pack_collection(collection))
    return path


# ---------- the presets ----------


def test_presets_are_what_the_page_can_make():
    assert len(PRESETS) == len({preset.name for preset in PRESETS}) == 8
    for preset in PRESETS:
        preset.script.timeline()
        check_request(preset.script.frames, 2, [preset.settings])
        assert preset.settings.steps <= MAX_STEPS
        assert preset.note.endswith(".")


def test_one_preset_has_five_segments_and_one_does_not_work():
    kinds = ["".join(scene.kind[0] for scene in preset.script.scenes) for preset in PRESETS]
    assert "atata" in kinds
    assert 1 <= FAILURES < 4
    assert PRESETS[0].works  # it is what plays on opening


# ---------- what is bundled ----------


def test_the_bundled_gallery_is_by_the_bundled_checkpoint():
    from intersyn.digest import weights_digest
    from intersyn.pipeline import InterSynPipeline

    made = read_collection()
    assert made.digest == weights_digest(InterSynPipeline.from_pretrained()), (
        f"the gallery was made by {made.checkpoint}, another checkpoint than the bundled one; renew it: {COMMAND}"
    )


def test_the_bundled_gallery_is_small_and_what_the_viewer_reads():
    assert FILE.stat().st_size < 1_200_000
    for k, exhibit in enumerate(read_collection().exhibits):
        assert len(exhibit.poster) <= 12_000
        (motion,), _ = load(k)
        stored, now = (unpack_arrays(data) for data in (exhibit.motion, pack_motion(motion)))
        shapes = [{name: (array.dtype, array.shape) for name, array in each[0].items()} for each in (stored, now)]
        assert shapes[0] == shapes[1], f"the viewer reads other arrays now; renew the gallery: {COMMAND}"
        assert stored[1] == now[1]


# ---------- reading ----------


def test_the_file_gives_back_what_was_packed(collection, made):
    assert read_collection(made) == collection
    assert pack_collection(collection) == made.read_bytes()


def test_a_scene_is_its_motion_with_the_preset(made):
    (motion,), preset = load(5, made)
    assert preset is PRESETS[5]
    assert motion.timeline == preset.script.timeline()
    torch.testing.assert_close(motion.trans, made_up(preset, 5).trans)


@pytest.mark.parametrize("index", [-1, 8, None, True, "0", 1.0])
def test_there_are_no_other_scenes(made, index):
    with pytest.raises(GalleryError, match="has scenes 0 to 7, got"):
        load(index, made)


def test_a_missing_gallery_names_its_command(tmp_path):
    with pytest.raises(GalleryError, match=f"There is no gallery at .*: make one with {COMMAND}"):
        read_collection(tmp_path / "none.zip")


def test_a_damaged_gallery_names_its_command(tmp_path, made):
    (tmp_path / "half.zip").write_bytes(made.read_bytes()[:5000])
    with pytest.raises(GalleryError, match=f"cannot be read .*: make another with {COMMAND}"):
        read_collection(tmp_path / "half.zip")


def test_a_gallery_of_other_scenes_is_refused_but_not_for_its_words(made):
    first = PRESETS[0]
    reworded = (replace(first, name="Another name"), *PRESETS[1:])
    assert read_collection(made, reworded).exhibits[0].preset.name == "Another name"
    reseeded = (replace(first, settings=replace(first.settings, seed=5)), *PRESETS[1:])
    for others in (reseeded, PRESETS[1:]):
        with pytest.raises(GalleryError, match=f"of other scenes than the page has: renew it with {COMMAND}"):
            read_collection(made, others)


def test_the_opening_is_what_the_viewer_gets_of_the_first_scene(made, tmp_path):
    view, preset = opening(tmp_path / "opening", path=made)
    usual = manifest([_shown(load(0, made)[0][0])], tmp_path / "usual", example=True)
    files = [Path(each["panels"][0].pop("motion")["path"]).read_bytes() for each in (view, usual)]
    assert view == usual and preset is PRESETS[0]
    assert files[0] == files[1]
    view, _ = opening(tmp_path / "opening", lambda betas: betas + 1, made)
    arrays, _ = unpack_arrays(Path(view["panels"][0]["motion"]["path"]).read_bytes())
    assert (arrays["betas"] == 1).all()


def _shown(motion: Motion):
    from app.viewer import Shown

    return Shown(motion)


def test_a_failure_is_called_one():
    for preset in PRESETS:
        assert ("does not work" in said(preset)) is not preset.works


# ---------- the strip, in a browser ----------


@dataclass
class Room:
    """The page, and the values that its Python side has been told of."""

    url: str
    told: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")
def room(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    from training.benchmark_page import free_port

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        assets = publish(default_arrays())
        room = Room("")
        with gr.Blocks(fill_width=True, analytics_enabled=False) as demo:
            strip = gallery(assets, made)
            strip.select(
                lambda value: room.told.append(value), strip, trigger_mode="always_last", api_visibility="private"
            )
            clear = gr.Button("Nothing chosen")
            clear.click(lambda: {"chosen": None}, None, strip, api_visibility="private")
        launch = {"theme": theme(), "head": style_sheet(), "prevent_thread_lock": True, "quiet": True}
        _, room.url, _ = demo.launch(server_port=free_port(), **launch)
        yield room
        demo.close()


@pytest.fixture(scope="module")
def browser(chromium: str):
    driver = pytest.importorskip("playwright.sync_api")
    from training.benchmark_page import BROWSER

    with driver.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=[*BROWSER])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, room: Room):
    page = browser.new_page(viewport={"width": 390, "height": 700})
    page.set_default_timeout(1000 * PATIENCE)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.goto(room.url)
    page.locator(".is-exhibit[aria-pressed='true']").wait_for()
    yield page
    assert not page.complaints
    page.close()


def wait(page, done) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


@pytest.mark.slow
def test_cards_have_posters_names_and_labels_of_failure(page):
    cards = page.locator(".is-exhibit")
    assert [name.strip() for name in page.locator(".is-exhibit-name").all_inner_texts()] == [p.name for p in PRESETS]
    wait(
        page,
        lambda: page.evaluate(
            "() => [...document.querySelectorAll('.is-gallery img')].every((image) => image.naturalWidth === 288)"
        ),
    )
    assert page.locator("img[alt^='Two figures: two people shake hands']").count() > 0
    assert page.get_by_text(FAILS, exact=True).count() == FAILURES
    assert cards.last.inner_text().startswith(FAILS)


@pytest.mark.slow
def test_the_strip_scrolls_inside_a_phone(page):
    page.locator(".is-exhibit").last.scroll_into_view_if_needed()
    assert page.locator(".is-gallery").evaluate("strip => strip.scrollLeft") > 0
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_a_card_is_chosen_by_hand_and_by_keyboard(page, room):
    room.told.clear()
    cards = page.locator(".is-exhibit")
    cards.nth(1).click()
    wait(page, lambda: room.told == [{"chosen": 1}])
    cards.nth(1).click()  # its scene may have been changed since
    wait(page, lambda: len(room.told) == 2)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait(page, lambda: room.told[2:] == [{"chosen": 2}])
    page.keyboard.press("End")
    page.keyboard.press("Space")
    wait(page, lambda: room.told[3:] == [{"chosen": 7}])
    pressed = cards.evaluate_all("all => all.map((card) => card.ariaPressed)")
    assert pressed == ["false"] * 7 + ["true"]
    assert cards.evaluate_all("all => all.filter((card) => card.tabIndex === 0).length") == 1
    page.get_by_role("button", name="Nothing chosen").click()
    page.wait_for_function("() => !document.querySelector('.is-exhibit[aria-pressed=\"true\"]')")
