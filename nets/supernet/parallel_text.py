"""Sentences in two languages, as tokens: from files of one sentence a line, or numbers in English and German words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nets.documents import read_text
from nets.errors import InputError
from nets.supernet.transformer import PADDING

END, UNKNOWN = 2, 3
"""Tokens that no word has, numbered as fairseq does; a target begins with :data:`END`, too."""

WORDS_FROM: Final = 4
"""Number of the first word."""

Split = Literal["train", "valid"]
Sentences = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ParallelText:
    """Sentences and their translations.

    Attributes:
        name: for reports.
        source_words, target_words: of the two languages, most frequent first; a word's token is its place and four.
        pairs: (source, target) tokens of each sentence, by split; without ends.
    """

    name: str
    source_words: tuple[str, ...]
    target_words: tuple[str, ...]
    pairs: dict[Split, list[tuple[list[int], list[int]]]]

    @property
    def vocabularies(self) -> tuple[int, int]:
        """Tokens of source and target."""
        return WORDS_FROM + len(self.source_words), WORDS_FROM + len(self.target_words)

    def batch(self, split: Split, places: Sequence[int] | NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """(source, target that the decoder reads, target that it should say), each of shape (sentences, tokens)."""
        chosen = [self.pairs[split][int(place)] for place in places]
        return (
            _filled([[*source, END] for source, _ in chosen]),
            _filled([[END, *target] for _, target in chosen]),
            _filled([[*target, END] for _, target in chosen]),
        )


def parallel_text(name: str, sentences: dict[Split, tuple[Sentences, Sentences]], *, joined: bool) -> ParallelText:
    """Number the words of the training sentences; others are unknown.

    Args:
        sentences: of source and target, by split.
        joined: both languages number their words together, as where embeddings are shared.

    Raises:
        InputError: a split has no sentences, or not as many of one language as of the other.
    """
    for split, (source, target) in sentences.items():
        if not source or len(source) != len(target):
            rule = f"must be as many as of the target, {len(target)}, and at least 1"
            raise InputError(f"text {name}: sentences of {split}, source", len(source), rule)
    first, second = sentences["train"]
    words = [_counted((*first, *second))] * 2 if joined else [_counted(first), _counted(second)]
    numbers = [{word: WORDS_FROM + place for place, word in enumerate(of)} for of in words]
    pairs: dict[Split, list[tuple[list[int], list[int]]]] = {}
    for split, (source, target) in sentences.items():
        coded = [
            [[known.get(word, UNKNOWN) for word in sentence] for sentence in side]
            for known, side in zip(numbers, (source, target))
        ]
        pairs[split] = list(zip(*coded))
    return ParallelText(name, words[0], words[1], pairs)


def read_parallel(folder: str | Path, source: str, target: str, *, joined: bool) -> ParallelText:
    """Read ``train.SOURCE``, ``train.TARGET``, ``valid.SOURCE`` and ``valid.TARGET``.

    A sentence is a line, words (or their pieces) stand apart by blanks: as HAT's data do before they are packed.

    Args:
        source, target: languages, which the files' names end in.
        joined: as in :func:`parallel_text`.

    Raises:
        InputError: a file cannot be read, or as :func:`parallel_text`.
    """
    splits: tuple[Split, ...] = ("train", "valid")
    read = {
        split: tuple(_sentences(Path(folder) / f"{split}.{language}") for language in (source, target))
        for split in splits
    }
    return parallel_text(
        f"{source}-{target}", {split: (first, second) for split, (first, second) in read.items()}, joined=joined
    )


def numbers_in_words(*, joined: bool = True) -> ParallelText:
    """All numbers below 10,000 from English to German, where units stand before tens; every seventh is held out."""
    sentences: dict[Split, tuple[Sentences, Sentences]] = {}
    splits: tuple[Split, ...] = ("train", "valid")
    for split in splits:
        picked = [number for number in range(1, 10_000) if (number % 7 == 0) == (split == "valid")]
        sentences[split] = (tuple(map(english, picked)), tuple(map(german, picked)))
    return parallel_text("numbers", sentences, joined=joined)


_ENGLISH: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ENGLISH_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GERMAN: Final = (
    *("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf", "dreizehn"),
    *("vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"),
)
_GERMAN_TENS: Final = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")


def english(number: int) -> tuple[str, ...]:
    """A number from 1 to 9,999 in English words."""
    words = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            words += [_ENGLISH[number // size - 1], name]
        number %= size
    if number >= 20:
        words.append(_ENGLISH_TENS[number // 10 - 2])
        number %= 10
    if number:
        words.append(_ENGLISH[number - 1])
    return tuple(words)


def german(number: int) -> tuple[str, ...]:
    """A number from 1 to 9,999 in the parts of its German word."""
    words = []
    for size, name in ((1000, "tausend"), (100, "hundert")):
        if number >= size:
            words += [_GERMAN[number // size - 1], name]
        number %= size
    tens, units = divmod(number, 10) if number >= 20 else (0, number)
    if units:
        words.append("eins" if number == 1 else _GERMAN[units - 1])
    if tens:
        words += (["und"] if units else []) + [_GERMAN_TENS[tens - 2]]
    return tuple(words)


def _sentences(path: Path) -> Sentences:
    return tuple(tuple(line.split()) for line in read_text("text", path).splitlines())


def _counted(sentences: Iterable[Sequence[str]]) -> tuple[str, ...]:
    counts = Counter(word for sentence in sentences for word in sentence)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word)))


def _filled(sentences: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, sentences))
    return torch.tensor([[*sentence, *[PADDING] * (longest - len(sentence))] for sentence in sentences])
