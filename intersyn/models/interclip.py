"""InterCLIP, the evaluator of InterHuman (InterGen, IJCV 2024): our own code of its published architecture.

Motion: both people's 262 numbers without the contacts (2 x 258), a linear layer, a query token in front, sines of the
position, a transformer; the query's answer is the vector. Text: CLIP's token and position embeddings, a transformer of
its own without masks, the end mark's answer. Both are brought to one length, a learned number. Its weights are not
ours to give: they are read from a file by path, and never unpickled.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from intersyn.checkpoint import CheckpointError, fill
from intersyn.interhuman262 import SIZE
from intersyn.models.layers import sinusoidal

CONTACTS = 4  # at the end of the 262, not read
HEADS = 8
CONTEXT = 77  # tokens of a text
# Published names (after Lightning's "model.") -> ours. The sines are computed, not read.
_NAMES = {
    "motion_encoder.query_token": "query",
    "motion_encoder.embed_motion": "motion_input",
    "motion_encoder.transformer": "motion_layers",
    "motion_encoder.out_ln": "motion_norm",
    "motion_encoder.out": "motion_out",
    "token_embedding": "tokens",
    "positional_embedding": "places",
    "textTransEncoder": "text_layers",
    "text_ln": "text_norm",
    "out": "text_out",
    "latent_scale": "scale",
}
_COMPUTED = ("motion_encoder.sequence_pos_encoder.pe",)


@dataclass(frozen=True)
class InterCLIPConfig:
    """Sizes; the defaults are the published ones."""

    width: int = 1024
    layers: int = 8
    ff: int = 2048
    text_width: int = 768
    text_layers: int = 8
    text_ff: int = 2048
    vocabulary: int = 49408
    dim: int = 512  # of the common space


class InterCLIP(nn.Module):
    """`encode_motion` and `encode_text` map to (N, dim), all of the length `scale`. For use in eval mode."""

    def __init__(self, config: InterCLIPConfig) -> None:
        super().__init__()
        c = self.config = config
        self.query = nn.Parameter(torch.zeros(1, c.width))
        self.motion_input = nn.Linear(2 * (SIZE - CONTACTS), c.width)
        self.motion_layers = _transformer(c.width, c.ff, c.layers)
        self.motion_norm = nn.LayerNorm(c.width)
        self.motion_out = nn.Linear(c.width, c.dim)
        self.tokens = nn.Embedding(c.vocabulary, c.text_width)
        self.places = nn.Parameter(torch.zeros(CONTEXT, c.text_width))
        self.text_layers = _transformer(c.text_width, c.text_ff, c.text_layers)
        self.text_norm = nn.LayerNorm(c.text_width)
        self.text_out = nn.Linear(c.text_width, c.dim)
        self.scale = nn.Parameter(torch.ones(1))

    @torch.no_grad()
    def encode_motion(self, motions: Tensor, length: Tensor) -> Tensor:
        """motions (N, 2, T, 262) in metres, not normalised, anything beyond a length; length (N,) -> (N, dim)."""
        if motions.ndim != 4 or motions.shape[1] != 2 or motions.shape[3] != SIZE:
            raise ValueError(f"motions must be (N, 2, T, {SIZE}), got {tuple(motions.shape)}")
        inside = torch.arange(motions.shape[2], device=motions.device) < length[:, None]
        x = motions[..., :-CONTACTS].transpose(1, 2).flatten(2)
        x = self.motion_input(torch.where(inside[..., None], x, 0.0))
        x = torch.cat((self.query.expand(len(x), 1, -1), x), dim=1)
        waves = sinusoidal(torch.arange(x.shape[1], device=x.device), x.shape[-1])
        x = x + waves.unflatten(-1, (2, -1)).transpose(-1, -2).flatten(-2)  # sine and cosine in turns
        hidden = F.pad(~inside, (1, 0), value=False)
        x = self.motion_norm(self.motion_layers(x, src_key_padding_mask=hidden))
        return self._scaled(self.motion_out(x[:, 0]))

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """(N, dim); texts beyond 77 of CLIP's tokens are cut, as published."""
        return self.encode_tokens(_tokenizer()(list(texts)).to(self.places.device))

    @torch.no_grad()
    def encode_tokens(self, ids: Tensor) -> Tensor:
        """ids (N, 77), 0 after the end mark, which has the greatest number -> (N, dim)."""
        x = self.text_norm(self.text_layers(self.tokens(ids) + self.places))
        return self._scaled(self.text_out(x[torch.arange(len(ids), device=ids.device), ids.argmax(-1)]))

    def _scaled(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=-1) * self.scale

    @staticmethod
    def load(path: str | Path) -> InterCLIP:
        """From a .safetensors file or the published .ckpt, frozen, in eval mode. Raises `CheckpointError`."""
        path = Path(path)
        state = renamed(_read(path), path)
        try:
            config = _sizes(state)
        except (KeyError, IndexError, ValueError) as error:
            raise CheckpointError(f"{path} is no InterCLIP: its weights lack {error}.") from error
        return fill(InterCLIP(config), state, path).eval().requires_grad_(False)


@cache
def _tokenizer() -> Callable[[list[str]], Tensor]:
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer(context_length=CONTEXT)


def renamed(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Published names to ours, f32. Raises `CheckpointError` for a name that InterCLIP does not have."""
    out = {}
    for name, value in state.items():
        bare = name.removeprefix("model.")
        if bare in _COMPUTED:
            continue
        for published, ours in _NAMES.items():
            if bare == published or bare.startswith(published + "."):
                out[ours + bare[len(published) :]] = value.float()
                break
        else:
            raise CheckpointError(f"{path} is no InterCLIP: it holds {name!r}.")
    return out


def _sizes(state: Mapping[str, Tensor]) -> InterCLIPConfig:
    """The sizes that the weights have. Heads leave no trace in them: there are 8."""

    def layers(name: str) -> int:
        return 1 + max(int(key.split(".")[2]) for key in state if key.startswith(f"{name}.layers."))

    return InterCLIPConfig(
        width=len(state["motion_input.weight"]),
        layers=layers("motion_layers"),
        ff=len(state["motion_layers.layers.0.linear1.weight"]),
        text_width=state["tokens.weight"].shape[1],
        text_layers=layers("text_layers"),
        text_ff=len(state["text_layers.layers.0.linear1.weight"]),
        vocabulary=len(state["tokens.weight"]),
        dim=len(state["motion_out.weight"]),
    )


def _transformer(width: int, ff: int, layers: int) -> nn.TransformerEncoder:
    """Layer norm after each residual, as PyTorch's default and the published model have it."""
    layer = nn.TransformerEncoderLayer(width, HEADS, ff, dropout=0.1, activation="gelu", batch_first=True)
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


def _read(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds more than weights and is not unpickled: where you trust it, save its weights as safetensors"
        ) from error
    except (OSError, SafetensorError, RuntimeError, EOFError) as error:
        raise CheckpointError(f"{path} cannot be read as weights ({' '.join(str(error).split())[:120]}).") from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{path} holds no state_dict.")
    return state
