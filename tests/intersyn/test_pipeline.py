"""The pipeline on tiny random networks: shapes, determinism, what each switch changes, and every refusal."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from intersyn.body.capsules import penetration_depth
from intersyn.checkpoint import CheckpointError
from intersyn.features import INTERACTION_PARTS, SLICES, Normalizer
from intersyn.models.guidance import guided
from intersyn.motion import Motion
from intersyn.pipeline import VARIANTS, Cancelled, InterSynPipeline, in_order_of_people
from intersyn.text import TextEncoder
from intersyn.timeline import MAX_FRAMES, Part, Segment, Timeline, TimelineError
from intersyn.touches import Contact

DEFAULT = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", 100, 40, 70)


def segments(kinds: str, people: int = 2, each: int = 30) -> Timeline:
    """ "sis" and the like: s for solos, i for one interaction of everyone."""
    solos = tuple(Part((p,), f"person {p} walks") for p in range(people))
    both = (Part(tuple(range(people)), "everyone dances"),)
    return Timeline(
        tuple(Segment(k * each, (k + 1) * each, solos if kind == "s" else both) for k, kind in enumerate(kinds))
    )


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint) -> InterSynPipeline:
    return InterSynPipeline.from_pretrained(tiny_checkpoint)


def test_motion_is_what_was_asked_for(pipe):
    motion = pipe(DEFAULT)
    assert motion.poses.shape == (2, 100, 22, 3)
    assert motion.trans.shape == (2, 100, 3)
    assert motion.fps == 20
    assert motion.timeline == DEFAULT
    assert motion.poses.dtype == torch.float32
    assert torch.isfinite(motion.joints()).all()


def test_same_seed_same_motion(pipe, tiny_checkpoint):
    first = pipe(DEFAULT, seed=7)
    again = InterSynPipeline.from_pretrained(tiny_checkpoint)(DEFAULT, seed=7)
    assert torch.equal(first.poses, again.poses)
    assert torch.equal(first.trans, again.trans)
    assert not torch.equal(first.poses, pipe(DEFAULT, seed=8).poses)


def test_generation_leaves_the_global_generator_alone(pipe):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    pipe(DEFAULT)
    assert torch.equal(torch.rand(1), expected)


def test_variants_differ_from_each_other(pipe):
    assert pipe.variants == tuple(VARIANTS)
    motions = {name: pipe(DEFAULT, variant=name).joints() for name in VARIANTS}
    names = list(motions)
    for k, a in enumerate(names):
        for b in names[k + 1 :]:
            assert not torch.allclose(motions[a], motions[b], atol=1e-4), (a, b)


def test_clean_up_is_a_switch_of_its_own(pipe):
    rough, cleaned = pipe(DEFAULT, seed=1), pipe(DEFAULT, seed=1, clean_up=True)
    assert cleaned.timeline == rough.timeline

    def jerk(motion: Motion) -> torch.Tensor:
        return motion.joints().diff(n=3, dim=1).norm(dim=-1).mean()

    assert jerk(cleaned) < 0.9 * jerk(rough)


def test_contact_guidance_is_a_switch_of_its_own(pipe):
    close = replace_places(pipe, 0.05)  # the tiny checkpoint's people stand 60 cm from the middle
    plain, guided = close(DEFAULT, steps=8), close(DEFAULT, steps=8, contact_guidance=1.0)
    assert torch.equal(close(DEFAULT, steps=8, contact_guidance=0.0).poses, plain.poses)
    again = close(DEFAULT, steps=8, contact_guidance=1.0)
    assert torch.equal(guided.poses, again.poses) and torch.equal(guided.trans, again.trans)

    def depth(motion: Motion) -> torch.Tensor:
        joints = motion.joints()[:, 45:65]
        return penetration_depth(joints[0], joints[1]).amax((-1, -2)).mean()

    assert depth(plain) > 0.03
    assert depth(guided) < 0.9 * depth(plain)  # networks of random weights do not follow


def test_contacts_need_contact_guidance(pipe):
    touch = Contact(0, "right_palm", 1, "right_palm", 50, 55)
    with pytest.raises(ValueError, match="set contact_guidance to 1"):
        pipe(DEFAULT, contacts=(touch,))
    pipe(DEFAULT, contacts=(touch,), contact_guidance=1.0)


def replace_places(pipe: InterSynPipeline, away: float) -> InterSynPipeline:
    """The same networks for people who stand `away` metres from the middle of their interactions."""
    mean = pipe.ins["ins"].normalizer.mean.clone()
    mean[SLICES["root_xz"]] = torch.tensor((0.0, -away))
    normalizer = Normalizer(mean, pipe.ins["ins"].normalizer.std)
    ins = {name: replace(network, normalizer=normalizer) for name, network in pipe.ins.items()}
    return InterSynPipeline(pipe.text_encoder, ins, pipe.rec, pipe.config)


def test_rec_acts_in_interactions_only(pipe):
    request = pipe.prepare(DEFAULT)
    x0 = pipe.noise(request, 0)
    changed = (pipe.refine(request, x0) != x0).any(-1)[0]
    assert changed[:, 45:65].all()
    assert not changed[:, :40].any()
    assert not changed[:, 70:].any()


def test_uncoupled_people_do_not_see_each_other(pipe):
    request = pipe.prepare(DEFAULT)
    noise = pipe.noise(request, 0)
    other = noise.clone()
    other[:, 1] = pipe.noise(request, 1)[:, 1]

    def first_person(x: torch.Tensor, variant: str) -> torch.Tensor:
        return pipe.denoise(request, x, VARIANTS[variant], 2, 2.0)[:, 0]

    torch.testing.assert_close(first_person(noise, "uncoupled_no_rec"), first_person(other, "uncoupled_no_rec"))
    assert not torch.allclose(first_person(noise, "no_rec"), first_person(other, "no_rec"), atol=1e-4)


def test_guidance_of_one_is_the_plain_conditional_answer(pipe):
    request = pipe.prepare(DEFAULT)
    noise = pipe.noise(request, 0)
    near = pipe.denoise(request, noise, VARIANTS["full"], 2, 1 + 1e-6)
    torch.testing.assert_close(pipe.denoise(request, noise, VARIANTS["full"], 2, 1.0), near, atol=1e-3, rtol=1e-3)


def test_guidance_of_poses_keeps_to_its_interval_and_places_are_always_guided(pipe):
    """One step, at t = 999: outside the interval only places and headings differ from the model without guidance."""
    request = pipe.prepare(DEFAULT)
    noise = pipe.noise(request, 0)

    def answer(below: int, scale: float) -> torch.Tensor:
        limited = InterSynPipeline(pipe.text_encoder, pipe.ins, pipe.rec, replace(pipe.config, guidance_below=below))
        return limited.denoise(request, noise, VARIANTS["full"], 1, scale)

    plain, limited, always = answer(1000, 1.0), answer(900, 4.0), answer(1000, 4.0)
    places = torch.zeros(plain.shape[-1], dtype=torch.bool)
    for name in INTERACTION_PARTS:
        places[SLICES[name]] = True
    torch.testing.assert_close(limited[..., ~places], plain[..., ~places])
    torch.testing.assert_close(limited[..., places], always[..., places])
    assert not torch.allclose(always[..., ~places], plain[..., ~places], atol=1e-3)
    assert not torch.allclose(limited[..., places], plain[..., places], atol=1e-3)


def test_what_does_not_exist_stays_zero(pipe):
    request = pipe.prepare(DEFAULT)
    noise = pipe.noise(request, 0)
    assert not noise[~request.exists].any()
    x0 = pipe.refine(request, pipe.denoise(request, noise, VARIANTS["full"], 2, 2.5))
    assert not x0[~request.exists].any()


@pytest.mark.parametrize("kinds", ["s", "i", "si", "sisi", "isisi", "ssiissi"])
def test_one_to_seven_segments_in_any_order(pipe, kinds):
    motion = pipe(segments(kinds), steps=2)
    assert motion.frames == 30 * len(kinds)
    assert torch.isfinite(motion.trans).all()


@pytest.mark.parametrize("people", [1, 3, 4])
def test_one_and_more_than_two_people(pipe, people):
    kinds = "s" if people == 1 else "sis"
    motion = pipe(segments(kinds, people), steps=2)
    assert motion.num_people == people
    assert torch.isfinite(motion.joints()).all()


def test_a_third_person_alone_beside_a_pair(pipe):
    pair = (Part((0, 2), "two people dance"), Part((1,), "a person waves"))
    everyone = tuple(Part((p,), "a person walks") for p in range(3))
    motion = pipe(Timeline((Segment(0, 30, everyone), Segment(30, 60, pair))), steps=2)
    assert motion.num_people == 3


@pytest.mark.parametrize("frames", [120, 196])
def test_windows_change_nothing_up_to_the_length_of_training(pipe, frames):
    timeline = Timeline.solo_interact_solo("a person walks", "two people dance", "a person waves", frames, 40, 80)
    with torch.inference_mode():
        request = pipe.prepare(timeline)
        network, rec = pipe.ins["ins"], pipe.rec.model
        predict = guided(network.model, request.table, request.text, pipe.config.guidance_scale)
        x0 = pipe.schedule.ddim_sample(predict, pipe.noise(request, 3), pipe.config.steps)
        x0 = rec.sweep(x0, request.table, rec.encode_text(request.table, request.text))
        motion, _ = pipe.decode(request, x0, network.normalizer)
    made = pipe(timeline, seed=3)
    assert torch.equal(made.poses, motion.poses)
    assert torch.equal(made.trans, motion.trans)


def test_the_longest_timeline_and_one_frame_more(pipe):
    assert pipe(segments("sisisis", each=MAX_FRAMES // 7), steps=1, variant="no_rec").frames == MAX_FRAMES
    with pytest.raises(TimelineError, match="at most 1400 frames, got 1407"):
        segments("sisisis", each=MAX_FRAMES // 7 + 1)


def test_sequences_longer_than_training(pipe):
    motion = pipe(segments("sisi", each=100), steps=2)
    assert motion.frames == 400
    assert torch.isfinite(motion.joints()).all()


def test_roles_follow_the_lower_index():
    timeline = Timeline((Segment(0, 40, (Part((1, 0), "the first person punches the second person"),)),))
    part = in_order_of_people(timeline).segments[0].parts[0]
    assert part == Part((0, 1), "the second person punches the first person")
    assert in_order_of_people(DEFAULT) == DEFAULT


def test_callback_counts_the_steps(pipe):
    seen = []
    pipe(DEFAULT, steps=4, callback=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_callback_cancels_between_steps(pipe):
    seen = []

    def stop(done: int, total: int) -> bool:
        seen.append(done)
        return done < 2

    with pytest.raises(Cancelled, match="2 of 4"):
        pipe(DEFAULT, steps=4, callback=stop)
    assert seen == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"variant": "best"}, "no variant 'best'"),
        ({"steps": 0}, "steps"),
        ({"steps": 1001}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"guidance_scale": float("nan")}, "guidance scale"),
        ({"guidance_scale": 100.0}, "guidance scale"),
        ({"contact_guidance": -0.1}, "Contact guidance"),
        ({"contact_guidance": 2.1}, "Contact guidance"),
        ({"contact_guidance": float("nan")}, "Contact guidance"),
    ],
)
def test_settings_out_of_range(pipe, settings, message):
    with pytest.raises(ValueError, match=message):
        pipe(DEFAULT, **settings)


def test_frame_rate_the_model_does_not_make(pipe):
    with pytest.raises(TimelineError, match="20 frames per second"):
        pipe(Timeline(DEFAULT.segments, fps=30))


def test_a_text_longer_than_the_encoder_reads_is_refused(pipe):
    limit = pipe.text_encoder.config.context_length

    def timeline(text: str) -> Timeline:
        return Timeline.solo_interact_solo("a person walks", text, "a person waves", 100, 40, 70)

    fits = " ".join("7" * (limit - 2))  # one token each, and the two marks
    assert pipe.prepare(timeline(fits)).text.mask.sum(1).max() == limit
    with pytest.raises(TimelineError, match=rf"beginning with '7 7 .*has {limit + 1} tokens, .* at most {limit}"):
        pipe(timeline(fits + " 7"))


@pytest.fixture
def copy(tiny_checkpoint, tmp_path):
    return shutil.copytree(tiny_checkpoint, tmp_path / "copy")


def test_an_ins_is_shown_a_partner_only_if_it_ever_saw_one(copy, pipe):
    config = json.loads((copy / "ins" / "config.json").read_text())
    made = {}
    for share in (0.0, 1.0):
        (copy / "ins" / "config.json").write_text(json.dumps({**config, "uncouple": share}))
        other = InterSynPipeline.from_pretrained(copy)
        assert other.variants == ("full", "no_rec", "no_smooth")
        made[share] = other(DEFAULT).poses
        with pytest.raises(CheckpointError, match="not trained both with partners and without: no uncoupled"):
            other(DEFAULT, variant="uncoupled")
    assert torch.equal(made[0.0], pipe(DEFAULT).poses)
    assert torch.equal(made[1.0], pipe(DEFAULT, variant="uncoupled").poses)
    (copy / "ins" / "config.json").write_text(json.dumps({**config, "kind": "gan"}))
    with pytest.raises(CheckpointError, match="kind must be one of cmdm, mutual, got 'gan'"):
        InterSynPipeline.from_pretrained(copy)


def test_checkpoint_without_rec_says_so(copy):
    shutil.rmtree(copy / "rec")
    shutil.rmtree(copy / "ins_no_smooth")
    pipe = InterSynPipeline.from_pretrained(copy)
    assert pipe.variants == ("no_rec", "uncoupled_no_rec")
    pipe(DEFAULT, variant="no_rec", steps=1)
    with pytest.raises(CheckpointError, match="no rec, which the variant full"):
        pipe(DEFAULT, variant="full")
    with pytest.raises(CheckpointError, match="no ins_no_smooth"):
        pipe(DEFAULT, variant="no_smooth")


@pytest.mark.parametrize("folder", ["ins", "text"])
def test_checkpoint_without_a_necessary_part(copy, folder):
    shutil.rmtree(copy / folder)
    with pytest.raises(CheckpointError, match="incomplete"):
        InterSynPipeline.from_pretrained(copy)


@pytest.mark.parametrize("folder", ["ins", "ins_no_smooth", "rec", "text"])
def test_truncated_checkpoint(copy, folder):
    path = next((copy / folder).glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=folder):
        InterSynPipeline.from_pretrained(copy)


def test_networks_of_another_text_encoder(copy):
    config = InterSynPipeline.from_pretrained(copy).text_encoder.config
    TextEncoder(replace(config, pooled_dim=10)).save(copy / "text")
    with pytest.raises(CheckpointError, match="another text encoder"):
        InterSynPipeline.from_pretrained(copy)


def test_text_encoder_cannot_be_a_path_elsewhere(copy):
    config = json.loads((copy / "config.json").read_text()) | {"text_encoder": "../copy/text"}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="no text encoder"):
        InterSynPipeline.from_pretrained(copy)
