"""Text encoders and the cache of their features."""

import os
import subprocess
import sys

import pytest
import torch

from intersyn.checkpoint import CheckpointError
from intersyn.text import TextCache, TextConfig, TextEncoder, TextFeatures

TEXTS = ["a person walks forward", "two people dance salsa with each other", "jump!", "a person waves the right hand"]
SMALL = TextConfig(width=32, heads=2, layers=2, pooled_dim=24, vocab_rank=8)


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return TextEncoder(SMALL).eval()


def test_features_have_the_promised_shapes(small):
    features = small(TEXTS)
    assert features.pooled.shape == (4, small.pooled_dim) == (4, 24)
    assert features.tokens.shape[::2] == (4, small.token_dim) == (4, 32)
    # "jump" and "!" between the start and end marks
    assert features.mask[2].sum() == 4
    assert features.tokens[~features.mask].abs().max() == 0
    torch.testing.assert_close(features.pooled.norm(dim=-1), torch.ones(4))


def test_encoding_is_deterministic_and_independent_of_the_company(small):
    once, again = small(TEXTS), small(TEXTS)
    assert torch.equal(once.pooled, again.pooled) and torch.equal(once.tokens, again.tokens)
    for i, text in enumerate(TEXTS):
        alone = small([text])
        torch.testing.assert_close(alone.pooled[0], once.pooled[i], atol=1e-5, rtol=0)
        torch.testing.assert_close(alone.tokens[0], once.tokens[i][once.mask[i]], atol=1e-4, rtol=0)


def test_word_order_matters(small):
    a, b = small(["one pushes two", "two pushes one"]).pooled
    assert (a - b).abs().max() > 1e-4


def test_over_long_text_keeps_its_end_mark(small):
    ids, mask = small.tokenize(["walk " * 200])
    assert ids.shape == (1, 77) and mask.all() and ids[0, -1] == ids[0].max()
    assert small.count_tokens("walk " * 200) == 202 and small.count_tokens("a person walks") == 5


def test_a_bare_string_is_refused(small):
    with pytest.raises(ValueError, match="list of strings"):
        small("a person walks")


def test_save_and_load(small, tmp_path):
    small.save(tmp_path)
    loaded = TextEncoder.from_pretrained(tmp_path)
    torch.testing.assert_close(loaded(TEXTS).pooled, small(TEXTS).pooled, atol=5e-3, rtol=0)
    assert not any(p.requires_grad for p in loaded.parameters()) and not loaded.training
    assert loaded.fingerprint() == small.fingerprint()


def test_a_damaged_or_missing_checkpoint_is_named(small, tmp_path):
    with pytest.raises(CheckpointError, match="config.json is missing"):
        TextEncoder.from_pretrained(tmp_path)
    small.save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="damaged"):
        TextEncoder.from_pretrained(tmp_path)


def test_select_repeats_rows(small):
    features = small(TEXTS).select(torch.tensor([2, 0, 2]))
    assert len(features) == 3 and torch.equal(features.pooled[0], features.pooled[2])


def test_features_of_uneven_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 5\)"):
        TextFeatures(torch.zeros(2, 3), torch.zeros(2, 4, 6), torch.ones(2, 5, dtype=torch.bool))


def test_cache_gathers_what_the_encoder_said(small, tmp_path):
    cache = TextCache.build(small, TEXTS + TEXTS[:2], batch_size=3)
    assert len(cache) == 4
    cache.save(tmp_path / "cache.safetensors")
    cache = TextCache.load(tmp_path / "cache.safetensors")
    rows = torch.tensor([cache.index(TEXTS[3]), cache.index(TEXTS[2])])
    got, want = cache.gather(rows), small([TEXTS[3], TEXTS[2]])
    assert torch.equal(got.mask, want.mask)
    torch.testing.assert_close(got.pooled, want.pooled, atol=2e-3, rtol=0)
    torch.testing.assert_close(got.tokens, want.tokens, atol=5e-3, rtol=0)
    assert got.tokens[~got.mask].abs().max() == 0
    wide = cache.gather(rows, length=cache.max_length + 3)
    assert wide.mask.shape[1] == cache.max_length + 3 and torch.equal(wide.mask.sum(1), want.mask.sum(1))


def test_cache_says_what_is_wrong(small, tmp_path):
    cache = TextCache.build(small, TEXTS)
    with pytest.raises(KeyError, match="moonwalks"):
        cache.index("a person moonwalks")
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        cache.gather(torch.zeros(2, 2, dtype=torch.long))
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a text cache"):
        TextCache.load(tmp_path / "broken.safetensors")


def test_cache_is_read_without_open_clip(small, tmp_path):
    TextCache.build(small, TEXTS).save(tmp_path / "cache.safetensors")
    code = (
        "import sys, torch; from intersyn.text import TextCache;"
        f"features = TextCache.load({str(tmp_path / 'cache.safetensors')!r}).gather(torch.tensor([1, 0]));"
        "assert features.pooled.shape == (2, 24);"
        "assert 'open_clip' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_papers_encoder_offline_says_so_in_one_sentence(tmp_path):
    code = "from intersyn.text import TextEncoder; TextEncoder.from_pretrained('ViT-L-14/openai')"
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", code], check=False, env=env, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1] == (
        "intersyn.checkpoint.CheckpointError: "
        "The weights of ViT-L-14/openai are not on this machine and could not be downloaded. "
        "Connect to the network once, or use the text encoder that ships with the project."
    )


def test_clips_own_weights_give_clips_own_vector(monkeypatch):
    """The path of ViT-L-14/openai, on a small model of open_clip with random weights."""
    import open_clip
    from open_clip import factory, pretrained
    from open_clip.model import CLIP

    text = {"width": 32, "heads": 2, "layers": 2, "context_length": 77, "vocab_size": 49408}
    vision = {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32}
    torch.manual_seed(0)
    clip = CLIP(embed_dim=16, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()
    monkeypatch.setattr(open_clip, "get_model_config", lambda name: {"embed_dim": 16, "text_cfg": text})
    monkeypatch.setattr(pretrained, "download_pretrained", lambda weights: "weights")
    monkeypatch.setattr(factory, "load_state_dict", lambda path: clip.state_dict())
    encoder = TextEncoder.from_pretrained("ViT-L-14/openai")
    features = encoder(TEXTS)
    with torch.no_grad():
        want = clip.encode_text(open_clip.tokenize(TEXTS), normalize=True)
    torch.testing.assert_close(features.pooled, want, atol=1e-5, rtol=0)
    assert features.tokens.shape[::2] == (4, 32)
    assert not any(p.requires_grad for p in encoder.parameters())


@pytest.fixture(scope="module")
def bundled():
    return TextEncoder.from_pretrained()


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("a person waves with the left hand", "a person waves with the right hand"),
        ("a person walks forward", "a person walks backward"),
        ("a person jumps up", "a person jumps down"),
        ("a person walks in a circle clockwise", "a person walks in a circle counterclockwise"),
        ("two people walk towards each other", "two people walk away from each other"),
        ("the first person pushes the second person", "the second person pushes the first person"),
        ("a person walks slowly", "a person walks quickly"),
        ("a person walks", "a person walks and turns left"),
    ],
)
def test_the_bundled_tower_keeps_opposites_apart(bundled, text, opposite):
    one, other = bundled([text, opposite]).pooled
    assert one @ other < 0.75


@pytest.mark.parametrize(
    ("text", "synonym", "antonym"),
    [
        ("a person sprints", "a person runs", "a person walks slowly"),
        ("a person raises the left hand", "someone lifts the left arm", "a person raises the right hand"),
        ("a person walks and turns left", "a person walks a curve to the left", "a person walks and turns right"),
        ("a person walks forward", "a person strolls ahead", "a person walks backward"),
        ("a person leaps", "a person jumps", "a person crouches"),
        ("two people waltz", "two people dance salsa", "two people fight"),
    ],
)
def test_the_bundled_tower_finds_synonyms_nearer_than_antonyms(bundled, text, synonym, antonym):
    here, near, far = bundled([text, synonym, antonym]).pooled
    assert here @ near > here @ far + 0.05


def test_the_bundled_tower_says_the_same_alone_and_in_company(bundled):
    once = bundled(TEXTS)
    assert torch.equal(once.pooled, bundled(TEXTS).pooled)
    alone = bundled([TEXTS[2]])
    torch.testing.assert_close(alone.pooled[0], once.pooled[2], atol=1e-5, rtol=0)
