"""The bundle of trained parts is a checkpoint that generates what its parts generated."""

from __future__ import annotations

import pytest
import torch

from intersyn.pipeline import VARIANTS, InterSynPipeline
from intersyn.timeline import Timeline
from training.bundle import Config, main

TIMELINE = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", 80, 20, 60)


def test_bundle_generates_what_its_parts_do(tiny_checkpoint, tmp_path, capsys):
    tiny = tiny_checkpoint
    out = tmp_path / "bundle"
    parts = {"ins": tiny / "ins", "no_smooth": tiny / "ins_no_smooth", "rec": tiny / "rec", "text": str(tiny / "text")}
    main(Config(**parts, out=out, name="whole", steps=2, guidance_scale=1.5))
    pipe = InterSynPipeline.from_pretrained(out)
    assert pipe.variants == tuple(VARIANTS)
    assert (pipe.config.name, pipe.config.steps, pipe.config.guidance_scale) == ("whole", 2, 1.5)
    expected = InterSynPipeline.from_pretrained(tiny)(TIMELINE, steps=2, guidance_scale=1.5)
    assert torch.equal(pipe(TIMELINE).poses, expected.poses)
    assert "all; variants: full" in capsys.readouterr().out


def test_notes_in_the_folder_stay(tiny_checkpoint, tmp_path):
    (tmp_path / "ins").mkdir()
    (tmp_path / "ins" / "LICENSE.md").write_text("a note")
    main(Config(ins=tiny_checkpoint / "ins", text=str(tiny_checkpoint / "text"), out=tmp_path))
    assert (tmp_path / "ins" / "LICENSE.md").read_text() == "a note"


def test_networks_of_an_earlier_bundle_go(tiny_checkpoint, tmp_path):
    tiny, text = tiny_checkpoint, str(tiny_checkpoint / "text")
    main(Config(ins=tiny / "ins", no_smooth=tiny / "ins_no_smooth", rec=tiny / "rec", text=text, out=tmp_path))
    main(Config(ins=tiny / "ins", text=text, out=tmp_path))
    assert InterSynPipeline.from_pretrained(tmp_path).variants == ("no_rec", "uncoupled_no_rec")


def test_full_is_no_ablation(tiny_checkpoint, tmp_path):
    tiny = tiny_checkpoint
    with pytest.raises(SystemExit, match="loss on the seams"):
        main(Config(ins=tiny / "ins", no_smooth=tiny / "ins", text=str(tiny / "text"), out=tmp_path / "bundle"))
    assert not (tmp_path / "bundle").exists()
