import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api")

from training.make_screens import MAX_BYTES, SCREENS, Config, main


@pytest.mark.slow
def test_pictures_of_the_page_have_people_in_them(tiny_checkpoint, chromium, tmp_path):
    only = ("page-phone", "page-lesson")
    paths = main(Config(checkpoint=str(tiny_checkpoint), chromium=chromium, out=tmp_path, only=only, lesson_frame=20))
    assert [path.name for path in paths] == [f"{name}.png" for name in only]
    for name, path in zip(only, paths, strict=True):
        data = path.read_bytes()
        assert len(data) <= MAX_BYTES
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        assert picture.width == SCREENS[name].width * SCREENS[name].scale
        red, _, blue = np.moveaxis(np.asarray(picture).astype(int), -1, 0)
        assert (red - blue > 50).sum() > 1000
        assert (blue - red > 50).sum() > 1000


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="there is no 'Waltz' among Salsa"):
        main(Config(out=tmp_path, scene="Waltz"))
    with pytest.raises(ValueError, match="there is no picture 'poster': there are page"):
        main(Config(out=tmp_path, only=("poster",)))
