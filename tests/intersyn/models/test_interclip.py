"""InterCLIP from a file: published names, sizes by shape, what is read and what is not, nothing unpickled."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from intersyn.checkpoint import CheckpointError
from intersyn.models.interclip import _NAMES, CONTEXT, InterCLIP, InterCLIPConfig

TINY = InterCLIPConfig(width=16, layers=2, ff=24, text_width=8, text_layers=1, text_ff=12, vocabulary=49408, dim=6)


def published(config: InterCLIPConfig = TINY) -> dict[str, torch.Tensor]:
    """A random InterCLIP under the names of the published state dict."""
    torch.manual_seed(0)
    model = InterCLIP(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    names = {ours: theirs for theirs, ours in _NAMES.items()}
    state = {}
    for name, value in model.state_dict().items():
        head, _, tail = name.partition(".")
        state[f"model.{names[head]}{'.' if tail else ''}{tail}"] = value
    state["model.motion_encoder.sequence_pos_encoder.pe"] = torch.zeros(2000, config.width)
    return state


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("interclip") / "interclip.safetensors"
    save_file({name: value.contiguous() for name, value in published().items()}, path)
    return path


def test_the_default_sizes_are_the_published_ones():
    with torch.device("meta"):
        model = InterCLIP(InterCLIPConfig())
    assert model.motion_input.weight.shape == (1024, 516) and len(model.motion_layers.layers) == 8
    assert model.places.shape == (77, 768) and model.text_out.weight.shape == (512, 768)
    assert len(model.text_layers.layers) == 8 and model.tokens.weight.shape == (49408, 768)


def test_a_file_is_read_by_published_names_whatever_its_sizes(file, tmp_path):
    model = InterCLIP.load(file)
    assert model.config == TINY and not model.training
    torch.save({"state_dict": published(), "epoch": 3}, tmp_path / "interclip.ckpt")
    other = InterCLIP.load(tmp_path / "interclip.ckpt").state_dict()
    assert all(torch.equal(value, other[name]) for name, value in model.state_dict().items())


def test_positions_are_sines_and_cosines_in_turns(file):
    """Against the textbook formula, through a model in which nothing else acts on the query."""
    model = InterCLIP.load(file)
    seen = []
    hook = model.motion_layers.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    model.encode_motion(torch.zeros(1, 2, 3, 262), torch.tensor([3]))
    hook.remove()
    x = seen[0][0]
    at, channel = torch.meshgrid(torch.arange(4.0), torch.arange(0.0, 16.0, 2.0), indexing="ij")
    angle = at / 10000 ** (channel / 16)
    places = torch.stack((angle.sin(), angle.cos()), -1).flatten(1)
    torch.testing.assert_close(x[0], model.query[0] + places[0])
    torch.testing.assert_close(x[1:], model.motion_input.bias + places[1:])


def test_vectors_have_the_learned_length_and_read_neither_contacts_nor_padding(file):
    model = InterCLIP.load(file)
    motions, length = torch.randn(3, 2, 20, 262), torch.tensor([20, 12, 5])
    vectors = model.encode_motion(motions, length)
    assert vectors.shape == (3, 6)
    torch.testing.assert_close(vectors.norm(dim=-1), model.scale.abs().expand(3))
    other = motions.clone()
    other[..., 258:] += 1.0
    for row, n in enumerate(length):
        other[row, :, n:] = float("nan")
    torch.testing.assert_close(model.encode_motion(other, length), vectors)
    torch.testing.assert_close(model.encode_motion(motions[1:2, :, :12], length[1:2]), vectors[1:2])
    swapped = model.encode_motion(motions.flip(1), length)
    assert (swapped - vectors).abs().max() > 1e-4


def test_texts_are_read_at_their_end_mark(file):
    model = InterCLIP.load(file)
    texts = ["two people shake hands", "the first person kicks the second"]
    vectors = model.encode_text(texts)
    assert vectors.shape == (2, 6) and (vectors[0] - vectors[1]).abs().max() > 1e-4
    torch.testing.assert_close(model.encode_text(texts[:1]), vectors[:1])
    assert model.encode_text(["walk " * 200]).shape == (1, 6)
    ids = torch.zeros(1, CONTEXT, dtype=torch.long)
    ids[0, :3] = torch.tensor([49406, 320, 49407])
    torch.testing.assert_close(model.encode_tokens(ids), model.encode_text(["a"]))


def test_what_is_no_interclip_is_refused_in_one_sentence(tmp_path):
    cases = {
        "objects.ckpt": ({"state_dict": published(), "config": Path("x")}, "is not unpickled"),
        "other.ckpt": ({"state_dict": {"weights": torch.ones(2)}}, "it holds 'weights'"),
        "numbers.ckpt": ({"state_dict": {"epoch": 3}}, "holds no state_dict"),
        "part.ckpt": ({"model.latent_scale": torch.ones(1)}, "its weights lack"),
    }
    for name, (value, message) in cases.items():
        torch.save(value, tmp_path / name)
        with pytest.raises(CheckpointError, match=message):
            InterCLIP.load(tmp_path / name)
    (tmp_path / "half.safetensors").write_bytes(b"half")
    with pytest.raises(CheckpointError, match="cannot be read"):
        InterCLIP.load(tmp_path / "half.safetensors")
    with pytest.raises(CheckpointError, match="cannot be read"):
        InterCLIP.load(tmp_path / "nowhere.ckpt")
    short = published()
    short.pop("model.out.weight")
    torch.save(short, tmp_path / "short.ckpt")
    with pytest.raises(CheckpointError, match="do not fit"):
        InterCLIP.load(tmp_path / "short.ckpt")


def test_a_wrong_shape_is_named(file):
    with pytest.raises(ValueError, match=r"\(N, 2, T, 262\), got \(1, 2, 5, 258\)"):
        InterCLIP.load(file).encode_motion(torch.zeros(1, 2, 5, 258), torch.tensor([5]))
