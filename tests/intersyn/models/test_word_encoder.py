"""Hashing is stable and forgiving, and padding is invisible."""

from __future__ import annotations

import torch

from intersyn.models.word_encoder import MAX_WORDS, WordEncoder, hash_words


def test_hashes_are_the_same_on_every_machine() -> None:
    words, pieces = hash_words(["A person walks."], 4096, 4096)
    assert words.tolist() == [[2728, 3960, 827]]
    again, _ = hash_words(["a  person, walks!"], 4096, 4096)
    assert torch.equal(words, again)
    assert (pieces[0, 0] != 0).sum() == 1  # <a>


def test_unknown_words_share_pieces_with_their_kin() -> None:
    _, pieces = hash_words(["wave waves bows"], 4096, 4096)
    wave, waves, bows = (set(row[row != 0].tolist()) for row in pieces[0])
    assert len(wave & waves) > len(wave & bows)


def test_long_texts_are_cut_and_empty_ones_are_read() -> None:
    words, _ = hash_words(["word " * 100, ""], 64, 64)
    assert words.shape == (2, MAX_WORDS)
    assert (words[1] == 0).all()
    encoder = WordEncoder(16, 1, 2, 64, 64, 0.0).eval()
    assert torch.isfinite(encoder(["", "a person"])).all()


def test_texts_beside_it_change_nothing() -> None:
    torch.manual_seed(0)
    encoder = WordEncoder(16, 1, 2, 64, 64, 0.0).eval()
    alone = encoder(["a person walks"])
    beside = encoder(["a person walks", "two people shake hands and then bow to each other for a long time"])
    torch.testing.assert_close(beside[:1], alone, atol=1e-5, rtol=1e-4)
