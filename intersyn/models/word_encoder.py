"""A small text encoder that needs no vocabulary file: words and their letter triples, hashed, then a transformer.

It belongs to the evaluator alone and shares nothing with the text tower that conditions the generator: a judge that
read with the generator's eyes would forgive what they do not see.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

MAX_WORDS = 40
MAX_PIECES = 12  # letter triples of one word
PAD = 0
_WORD = re.compile(r"[a-z]+|\d+")


def hash_words(texts: Sequence[str], words: int, pieces: int) -> tuple[Tensor, Tensor]:
    """Hashed words (N, L) and letter triples (N, L, 12) of N texts, 0 where there is none; L is the longest's.

    words, pieces: how many buckets each hash has. Case and punctuation are ignored; words beyond the 40th too.
    """
    split = [_WORD.findall(text.lower())[:MAX_WORDS] for text in texts]
    length = max(1, max((len(line) for line in split), default=1))
    word_ids = torch.zeros(len(split), length, dtype=torch.long)
    piece_ids = torch.zeros(len(split), length, MAX_PIECES, dtype=torch.long)
    for n, line in enumerate(split):
        for k, word in enumerate(line):
            word_ids[n, k] = _bucket(word, words)
            marked = f"<{word}>"
            triples = [marked[i : i + 3] for i in range(len(marked) - 2)][:MAX_PIECES]
            piece_ids[n, k, : len(triples)] = torch.tensor([_bucket(triple, pieces) for triple in triples])
    return word_ids, piece_ids


def _bucket(token: str, buckets: int) -> int:
    return 1 + zlib.crc32(token.encode()) % (buckets - 1)  # the same on every machine; 0 is padding


class WordEncoder(nn.Module):
    """Texts -> (N, width): mean over words after a few transformer layers."""

    def __init__(self, width: int, layers: int, heads: int, words: int, pieces: int, dropout: float) -> None:
        super().__init__()
        self.buckets = (words, pieces)
        self.words = nn.Embedding(words, width, padding_idx=PAD)
        self.pieces = nn.Embedding(pieces, width, padding_idx=PAD)
        self.place = nn.Embedding(MAX_WORDS, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        for table in (self.words, self.pieces, self.place):
            nn.init.normal_(table.weight, std=0.3)
        with torch.no_grad():
            self.words.weight[PAD] = 0
            self.pieces.weight[PAD] = 0

    def forward(self, texts: Sequence[str]) -> Tensor:
        device = self.words.weight.device
        words, pieces = (ids.to(device) for ids in hash_words(texts, *self.buckets))
        present = words != PAD
        count = (pieces != PAD).sum(-1, keepdim=True).clamp_min(1)
        x = self.words(words) + self.pieces(pieces).sum(-2) / count + self.place.weight[: words.shape[1]]
        visible = present.clone()
        visible[:, 0] = True  # an empty text sees its padding: softmax over nothing would be NaN
        x = self.norm(self.layers(x, src_key_padding_mask=~visible))
        weight = visible[..., None].to(x.dtype)
        return (x * weight).sum(1) / weight.sum(1)
