"""The command that makes the default body: what it prints and draws. What it makes is tested in test_build."""

import pytest
from PIL import Image

from intersyn.body.make.build import ASSET, MadeBody
from training import make_body as command
from training.common import InputError
from training.make_body_sheet import WIDTH, write_sheet


@pytest.mark.slow
def test_it_writes_the_body_and_the_sheet_and_prints_facts(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "make_body", lambda: MadeBody.load(ASSET))
    out, sheet = tmp_path / "body.npz", tmp_path / "body.png"
    command.main(command.Config(out, sheet))
    assert len(MadeBody.load(out).v_template) > 5000
    assert sheet.stat().st_size < 400_000
    printed = capsys.readouterr().out
    assert "genus 0, mirror error 0.000 mm" in printed
    assert "knee: volume kept at 45/90/130 degrees" in printed
    assert "with any beta at +-2.5: none" in printed


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        command.main(command.Config(tmp_path))


def test_the_sheet_shows_something_in_every_cell(tmp_path):
    write_sheet(MadeBody.load(ASSET), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width == WIDTH
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 30
