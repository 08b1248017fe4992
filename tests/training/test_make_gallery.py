"""The command that makes the gallery: every preset by one checkpoint, posters that show both, one file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.gallery_file import read_collection
from app.presets import PRESETS
from intersyn.body.browser import unpack_motion
from intersyn.comparison import compare
from intersyn.digest import weights_digest
from intersyn.motion import Motion
from intersyn.pipeline import InterSynPipeline
from intersyn.render.colours import person_colour
from intersyn.timeline import Timeline
from training.make_gallery import POSTER, Config, draw_poster, main, poster_frame


@pytest.fixture(scope="module")
def made(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return main(Config(str(tiny_checkpoint), tmp_path_factory.mktemp("gallery") / "scenes.zip"))


def meeting() -> Motion:
    """Two people 3 m apart, of whom one comes within 0.4 m in frame 50, together from 40 to 80."""
    trans = torch.zeros(2, 100, 3)
    trans[..., 1] = 0.93
    trans[1, :, 2] = 3.0
    trans[1, 10, 2] = 0.3  # nearer still, but alone
    trans[1, 50, 2] = 0.4
    timeline = Timeline.solo_interact_solo("walk", "hug", "leave", 100, 40, 80)
    return Motion(torch.zeros(2, 100, 22, 3), trans, torch.zeros(2, 10), 20.0, timeline)


def test_every_preset_is_made_by_the_checkpoint_that_is_named(made, tiny_checkpoint):
    pipeline = InterSynPipeline.from_pretrained(tiny_checkpoint)
    collection = read_collection(made)
    assert (collection.checkpoint, collection.digest) == ("tiny", weights_digest(pipeline))
    assert [exhibit.preset for exhibit in collection.exhibits] == list(PRESETS)
    for exhibit in collection.exhibits:
        assert unpack_motion(exhibit.motion).frames == exhibit.preset.script.frames
    preset, again = PRESETS[4], unpack_motion(collection.exhibits[4].motion)
    (motion,) = compare(pipeline, preset.script.timeline(), [preset.settings])
    torch.testing.assert_close(again.trans, motion.trans, atol=1e-4, rtol=0)


def test_the_same_checkpoint_makes_the_same_file(made, tiny_checkpoint, tmp_path):
    assert main(Config(str(tiny_checkpoint), tmp_path / "again.zip")).read_bytes() == made.read_bytes()


def test_a_poster_shows_where_they_come_closest_together():
    assert poster_frame(meeting()) == 50
    picture = Image.open(io.BytesIO(draw_poster(meeting())))
    assert (picture.format, picture.size) == ("WEBP", POSTER)
    pixels = np.asarray(picture, dtype=float).reshape(-1, 3)
    for person in range(2):  # hues, whatever the light
        hue = np.array(person_colour(person)) / np.linalg.norm(person_colour(person))
        alike = (pixels / np.linalg.norm(pixels, axis=1, keepdims=True)) @ hue > 0.995
        assert alike.mean() > 0.01


def test_a_sheet_of_some_scenes_and_seeds_makes_no_gallery(tiny_checkpoint, tmp_path):
    config = Config(str(tiny_checkpoint), tmp_path / "scenes.zip", tmp_path / "sheet.png", ("High five",), (3,))
    assert main(config) == config.sheet
    assert Image.open(config.sheet).size[0] > 1000
    assert not config.out.exists()


@pytest.mark.parametrize(
    ("sheet", "only", "message"),
    [
        (True, ("Polka",), "there is no scene 'Polka' in the gallery: it has Salsa"),
        (False, ("Salsa",), "name a --sheet to draw"),
    ],
)
def test_what_cannot_be_tried_out_is_said(tiny_checkpoint, tmp_path, sheet, only, message):
    with pytest.raises(ValueError, match=message):
        main(Config(str(tiny_checkpoint), tmp_path / "out.zip", tmp_path / "s.png" if sheet else None, only))


def test_a_gallery_that_is_too_heavy_is_refused(tiny_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr("training.make_gallery.PRESETS", PRESETS[:1])
    monkeypatch.setattr("training.make_gallery.MAX_BYTES", 10_000)
    with pytest.raises(ValueError, match="the gallery has at most 10000 bytes"):
        main(Config(str(tiny_checkpoint), tmp_path / "out.zip"))
    assert not (tmp_path / "out.zip").exists()
