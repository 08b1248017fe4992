"""Texts as features: encoders over open_clip, and a cache of their output that needs no open_clip to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from intersyn.checkpoint import BUNDLED as CHECKPOINTS
from intersyn.checkpoint import CheckpointError, fill, load_weights, read_config, save_checkpoint
from intersyn.files import atomic_write

BUNDLED = CHECKPOINTS / "text"
PAPER_ENCODER = "ViT-L-14/openai"


@dataclass(frozen=True)
class TextFeatures:
    """Features of N texts.

    pooled (N, Dp): one vector of unit length per text. tokens (N, L, Dt): one per token after the last layer
    norm, start and end marks included, 0 beyond a text's end. mask (N, L) bool: True on tokens that exist.
    """

    pooled: Tensor
    tokens: Tensor
    mask: Tensor

    def __post_init__(self) -> None:
        n = self.pooled.shape[0]
        if (
            self.pooled.ndim != 2
            or self.tokens.ndim != 3
            or self.mask.shape != self.tokens.shape[:2]
            or n != len(self.mask)
        ):
            raise ValueError(
                "text features need pooled (N, Dp), tokens (N, L, Dt) and mask (N, L), got "
                f"{tuple(self.pooled.shape)}, {tuple(self.tokens.shape)} and {tuple(self.mask.shape)}"
            )

    def __len__(self) -> int:
        return self.pooled.shape[0]

    def to(self, device: torch.device | str) -> TextFeatures:
        return TextFeatures(self.pooled.to(device), self.tokens.to(device), self.mask.to(device))

    def select(self, index: Tensor | slice | Sequence[int]) -> TextFeatures:
        """The rows `index` (K,), repeated where the index repeats."""
        if not isinstance(index, slice):
            index = torch.as_tensor(index, device=self.pooled.device)
        return TextFeatures(self.pooled[index], self.tokens[index], self.mask[index])


@dataclass(frozen=True)
class TextConfig:
    """What a tower is: the fields of open_clip's CLIPTextCfg that we vary, and how one vector is made of its tokens."""

    width: int = 128
    heads: int = 4
    layers: int = 3
    context_length: int = 77
    pooled_dim: int = 384
    vocab_rank: int | None = 44  # rank of the factorised vocabulary matrix; None keeps it whole
    pool: str = "mean"  # "mean" over tokens, or "end" for the end mark's token
    causal: bool = False
    quick_gelu: bool = False

    def __post_init__(self) -> None:
        if self.pool not in ("mean", "end"):
            raise ValueError(f'pool must be "mean" or "end", got {self.pool!r}')
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of {self.heads} heads")


class TextEncoder(nn.Module):
    """An open_clip text transformer that answers with a vector per text and features per token.

    The paper conditions on CLIP ViT-L/14's text side, frozen (`from_pretrained("ViT-L-14/openai")`); the small tower
    that ships with the project (`from_pretrained()`) has the same shape of answer and needs no network.
    """

    def __init__(self, config: TextConfig):
        super().__init__()
        from open_clip.tokenizer import SimpleTokenizer
        from open_clip.transformer import QuickGELU, TextTransformer

        self.config = config
        self.tokenizer = SimpleTokenizer(context_length=config.context_length)
        vocab = self.tokenizer.vocab_size
        # An id of its own for padding: id 0 is a real token in this vocabulary.
        self._pad_id = 0 if config.causal else vocab
        self.tower = TextTransformer(
            context_length=config.context_length,
            vocab_size=vocab if config.causal else vocab + 1,
            width=config.width,
            heads=config.heads,
            layers=config.layers,
            no_causal_mask=not config.causal,
            use_pad_mask=not config.causal,
            pad_id=self._pad_id,
            pool_type="none",
            proj_type="none",
            act_layer=QuickGELU if config.quick_gelu else nn.GELU,
        )
        if config.vocab_rank is not None:
            self.tower.token_embedding = nn.Sequential(
                nn.Embedding(vocab + 1, config.vocab_rank), nn.Linear(config.vocab_rank, config.width, bias=False)
            )
        self.projection = nn.Linear(config.width, config.pooled_dim, bias=not config.causal)

    @property
    def pooled_dim(self) -> int:
        return self.config.pooled_dim

    @property
    def token_dim(self) -> int:
        return self.config.width

    @classmethod
    def from_pretrained(cls, source: str | Path | None = None) -> TextEncoder:
        """The bundled tower (None), one saved in a folder, or "MODEL/TAG" of open_clip with OpenAI's weights.

        Frozen and in eval mode. Raises CheckpointError for a folder that is missing or damaged and when weights have
        to come from the network and cannot.
        """
        folder = BUNDLED if source is None else Path(source)
        if source is not None and not folder.exists() and str(source) == PAPER_ENCODER:
            encoder = _from_open_clip(PAPER_ENCODER)
        else:
            encoder = _from_folder(folder)
        return encoder.eval().requires_grad_(False)

    def save(self, folder: str | Path) -> None:
        """Write configuration and weights as a checkpoint folder, whole or not at all."""
        save_checkpoint(folder, self.config, self.state_dict())

    def count_tokens(self, text: str) -> int:
        """Tokens of a text before any cut, start and end marks included; beyond `config.context_length` it is cut."""
        return len(self.tokenizer.encode(text)) + 2

    def tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token ids (N, L) padded to the longest text, and which exist (N, L). Texts beyond the context are cut."""
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise ValueError("texts must be a list of strings")
        start, end = self.tokenizer.sot_token_id, self.tokenizer.eot_token_id
        room = self.config.context_length - 2
        rows = [[start, *self.tokenizer.encode(text)[:room], end] for text in texts]
        # A causal tower of open_clip wants its whole context; a shorter answer is cut out of it later.
        length = self.config.context_length if self.config.causal else max(map(len, rows), default=2)
        ids = torch.full((len(rows), length), self._pad_id, dtype=torch.long)
        mask = torch.zeros(len(rows), length, dtype=torch.bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = True
        return ids, mask

    def encode(self, ids: Tensor, mask: Tensor) -> TextFeatures:
        """Features of token ids (N, L) with mask (N, L); gradients flow."""
        tokens = self.tower(ids) * mask[..., None]
        if self.config.pool == "mean":
            summary = tokens.sum(1) / mask.sum(1, keepdim=True)
        else:
            summary = tokens[torch.arange(len(ids), device=ids.device), mask.sum(1) - 1]
        pooled = nn.functional.normalize(self.projection(summary), dim=-1)
        length = int(mask.sum(1).max()) if len(mask) else 0
        return TextFeatures(pooled, tokens[:, :length], mask[:, :length])

    @torch.no_grad()
    def forward(self, texts: Sequence[str]) -> TextFeatures:
        """Features of N texts on the encoder's device, without gradients."""
        ids, mask = self.tokenize(texts)
        device = self.projection.weight.device
        return self.encode(ids.to(device), mask.to(device))

    def fingerprint(self) -> str:
        """A short hash of configuration and weights, so that features of another tower are not mistaken for these."""
        return _fingerprint(self.config, self.state_dict())

    @classmethod
    def fingerprint_of(cls, source: str | Path | None = None) -> str:
        """`from_pretrained(source).fingerprint()`; of a folder without building the encoder or importing open_clip."""
        folder = BUNDLED if source is None else Path(source)
        if not folder.is_dir():
            return cls.from_pretrained(source).fingerprint()
        return _fingerprint(read_config(folder, TextConfig), load_weights(folder))


def _fingerprint(config: TextConfig, state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    for name, value in sorted(state.items()):
        digest.update(name.encode() + value.detach().to("cpu", torch.float16).contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _from_folder(folder: Path) -> TextEncoder:
    encoder = TextEncoder(read_config(folder, TextConfig))
    return fill(encoder, load_weights(folder), folder)


def _from_open_clip(name: str) -> TextEncoder:
    """The text side alone of one of open_clip's models; its weights come from the network on first use."""
    import open_clip
    from open_clip.factory import load_state_dict
    from open_clip.pretrained import download_pretrained, get_pretrained_cfg

    model, tag = name.split("/")
    weights = get_pretrained_cfg(model, tag)
    try:
        path = download_pretrained(weights)
    except OSError as error:
        raise CheckpointError(
            f"The weights of {name} are not on this machine and could not be downloaded. "
            "Connect to the network once, or use the text encoder that ships with the project."
        ) from error
    config = open_clip.get_model_config(model)
    text = config["text_cfg"]
    encoder = TextEncoder(
        TextConfig(
            width=text["width"],
            heads=text["heads"],
            layers=text["layers"],
            context_length=text["context_length"],
            pooled_dim=config["embed_dim"],
            vocab_rank=None,
            pool="end",
            causal=True,
            quick_gelu=bool(weights.get("quick_gelu", False)),
        )
    )
    wanted = set(encoder.tower.state_dict())
    loaded = load_state_dict(path)
    encoder.tower.load_state_dict({key: value.float() for key, value in loaded.items() if key in wanted})
    encoder.projection.weight.data.copy_(loaded["text_projection"].float().T)
    return encoder


@dataclass(frozen=True)
class TextCache:
    """Features of many texts, ragged and in f16: S tokens in all, text i has tokens offsets[i] to offsets[i + 1]."""

    texts: tuple[str, ...]
    pooled: Tensor  # (N, Dp) f16
    tokens: Tensor  # (S, Dt) f16
    offsets: Tensor  # (N + 1,) int64
    encoder: str  # fingerprint of the encoder that made them

    def __post_init__(self) -> None:
        n = len(self.texts)
        if self.pooled.shape[0] != n or self.offsets.shape != (n + 1,) or int(self.offsets[-1]) != len(self.tokens):
            raise ValueError(
                f"a cache of {n} texts needs pooled ({n}, Dp), offsets ({n + 1},) and all tokens, got "
                f"{tuple(self.pooled.shape)}, {tuple(self.offsets.shape)} and {tuple(self.tokens.shape)}"
            )
        object.__setattr__(self, "_rows", {text: row for row, text in enumerate(self.texts)})

    @classmethod
    def build(cls, encoder: TextEncoder, texts: Sequence[str], batch_size: int = 256) -> TextCache:
        """Encode the distinct `texts`, in the order of their first appearance."""
        distinct = tuple(dict.fromkeys(texts))
        pooled, tokens, lengths = [], [], []
        for begin in range(0, len(distinct), batch_size):
            batch = encoder(distinct[begin : begin + batch_size])
            pooled.append(batch.pooled.half().cpu())
            tokens.append(batch.tokens[batch.mask].half().cpu())
            lengths.append(batch.mask.sum(1).cpu())
        if not distinct:
            raise ValueError("a text cache needs at least one text")
        offsets = torch.cat([torch.zeros(1, dtype=torch.long), torch.cat(lengths).cumsum(0)])
        return cls(distinct, torch.cat(pooled), torch.cat(tokens), offsets, encoder.fingerprint())

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def pooled_dim(self) -> int:
        return self.pooled.shape[1]

    @property
    def token_dim(self) -> int:
        return self.tokens.shape[1]

    @property
    def max_length(self) -> int:
        return int((self.offsets[1:] - self.offsets[:-1]).max())

    def index(self, text: str) -> int:
        """The row of `text`; KeyError when it was never encoded."""
        try:
            return self._rows[text]
        except KeyError:
            raise KeyError(f"the text cache does not hold {text!r}") from None

    def to(self, device: torch.device | str) -> TextCache:
        return replace(
            self, pooled=self.pooled.to(device), tokens=self.tokens.to(device), offsets=self.offsets.to(device)
        )

    def gather(self, rows: Tensor, length: int | None = None) -> TextFeatures:
        """Features of the texts at `rows` (K,) in f32, padded to their longest or to `length` tokens (no sync)."""
        if rows.ndim != 1:
            raise ValueError(f"rows must be (K,), got {tuple(rows.shape)}")
        rows = rows.to(self.offsets.device)
        begin, end = self.offsets[rows], self.offsets[rows + 1]
        if length is None:
            length = int((end - begin).max()) if len(rows) else 0
        at = begin[:, None] + torch.arange(length, device=rows.device)
        mask = at < end[:, None]
        tokens = self.tokens[at.clamp(max=len(self.tokens) - 1)].float() * mask[..., None]
        return TextFeatures(self.pooled[rows].float(), tokens, mask)

    def save(self, path: str | Path) -> None:
        """One safetensors file; the texts travel as JSON in its header."""
        meta = {"texts": json.dumps(self.texts, ensure_ascii=False), "encoder": self.encoder}
        tensors = {name: getattr(self, name).cpu().contiguous() for name in ("pooled", "tokens", "offsets")}
        with atomic_write(path) as file:
            file.write(save(tensors, metadata=meta))

    @classmethod
    def load(cls, path: str | Path) -> TextCache:
        """Read what `save` wrote; ValueError when the file is not one."""
        try:
            with safe_open(str(path), framework="pt") as file:
                meta = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in ("pooled", "tokens", "offsets")}
                return cls(tuple(json.loads(meta["texts"])), **tensors, encoder=meta["encoder"])
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"{path} is not a text cache: {error}") from error
