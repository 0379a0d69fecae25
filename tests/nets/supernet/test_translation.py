"""Sub-transformers learn to translate; sentences are read from files; numbers are in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nets.errors import InputError
from nets.spaces.hat import HatSpace
from nets.supernet import TransformerSupernet
from nets.supernet.parallel_text import END, UNKNOWN, english, german, numbers_in_words, parallel_text, read_parallel
from nets.supernet.transformer import PADDING
from nets.supernet.translation import TranslationOptions, measure_translation, train_translation, translate


def space(vocabularies: tuple[int, int], *, shared: bool = False) -> HatSpace:
    return HatSpace(
        "hat-small",
        "small",
        embed_dims=(16, 32),
        ffn_dims=(16, 32),
        heads=(2, 4),
        encoder_layers=1,
        decoder_layers=2,
        qkv_dim=16,
        vocabulary=vocabularies[0],
        target_vocabulary=vocabularies[1],
        shared_embeddings=shared,
        tokens=6,
    )


@pytest.mark.parametrize(
    "number, said, gesagt",
    [
        (1, "one", "eins"),
        (16, "sixteen", "sechzehn"),
        (21, "twenty one", "ein und zwanzig"),
        (70, "seventy", "siebzig"),
        (101, "one hundred one", "ein hundert eins"),
        (1984, "one thousand nine hundred eighty four", "ein tausend neun hundert vier und achtzig"),
        (9012, "nine thousand twelve", "neun tausend zwölf"),
    ],
)
def test_numbers_in_words(number: int, said: str, gesagt: str) -> None:
    assert (" ".join(english(number)), " ".join(german(number))) == (said, gesagt)


def test_every_seventh_number_is_held_out() -> None:
    text = numbers_in_words(joined=False)
    assert (len(text.pairs["train"]), len(text.pairs["valid"])) == (8571, 1428)
    assert UNKNOWN not in {token for pairs in text.pairs.values() for pair in pairs for side in pair for token in side}
    source, read, said = text.batch("valid", [0, 400])  # 7 and 2,807
    assert source[0].tolist()[-1] == PADDING
    assert source[1, -1] == END
    assert read[0, 0] == END
    assert torch.equal(read[1, 1:], said[1, :-1])


def test_files_of_sentences_are_read(tmp_path: Path) -> None:
    for name, lines in (
        ("train.de", "ein haus\nein hund"),
        ("train.en", "a house\na dog"),
        ("valid.de", "haus katze"),
        ("valid.en", "a cat"),
    ):
        (tmp_path / name).write_text(lines + "\n")
    text = read_parallel(tmp_path, "de", "en", joined=False)
    assert text.source_words == ("ein", "haus", "hund")
    assert text.target_words == ("a", "dog", "house")
    assert text.pairs["valid"] == [([5, UNKNOWN], [4, UNKNOWN])]
    assert read_parallel(tmp_path, "de", "en", joined=True).vocabularies == (10, 10)
    (tmp_path / "valid.en").write_text("a cat\na dog\n")
    with pytest.raises(InputError, match="sentences of valid, source: 1 must be as many as of the target, 2"):
        read_parallel(tmp_path, "de", "en", joined=False)
    (tmp_path / "valid.en").unlink()
    with pytest.raises(InputError, match=r"valid\.en"):
        read_parallel(tmp_path, "de", "en", joined=False)


def test_sub_transformers_of_all_sizes_learn_to_turn_words_round() -> None:
    """Two words in the other order, in other words; a fifth of all pairs is held out, each word in both places once."""
    names = [f"w{place}" for place in range(10)]
    pairs = [(one, other) for one in names for other in names]
    held = [(place // 10 + 2 * place) % 5 == 0 for place in range(100)]
    sides = {
        split: (
            tuple(pair for pair, out in zip(pairs, held) if out == (split == "valid")),
            tuple((b.upper(), a.upper()) for (a, b), out in zip(pairs, held) if out == (split == "valid")),
        )
        for split in ("train", "valid")
    }
    text = parallel_text("turned", sides, joined=False)  # type: ignore[arg-type]
    supernet = TransformerSupernet(space(text.vocabularies))
    configs = (supernet.space.min_config(), supernet.space.max_config())
    before = [measure_translation(supernet.extract(config), text).loss for config in configs]
    options = TranslationOptions(steps=300, batch=40, rate=5e-3, dropout=0.1, seed=3)
    heard: list[int] = []
    train_translation(supernet, text, options, lambda step, loss: heard.append(step))
    after = [measure_translation(supernet.extract(config), text) for config in configs]
    assert heard == list(range(1, 301))
    assert all(late.loss < 0.5 * early for late, early in zip(after, before)), (before, after)
    again = train_translation(TransformerSupernet(space(text.vocabularies)), text, options)
    assert torch.equal(again.largest.source_table.weight, supernet.largest.source_table.weight)


def test_narrow_networks_drop_less() -> None:
    supernet = TransformerSupernet(space((20, 20))).train()
    supernet.dropout = 0.5
    source = torch.full((200, 6), 5)
    low, high = supernet.space.min_config(), supernet.space.max_config()
    dropped = []
    for config in (low, high):
        supernet(source, source, config)
        module = supernet.lend(supernet.space.encode(config), lambda: None)  # type: ignore[arg-type, return-value]
        dropped.append([part.dropout for part in module.modules() if hasattr(part, "dropout")])
    assert set(dropped[0]) == {0.25}
    assert set(dropped[1]) == {0.5}
    assert not torch.equal(supernet(source, source, high), supernet(source, source, high))
    supernet.eval()
    assert torch.equal(supernet(source, source, high), supernet(source, source, high))


def test_after_its_end_a_sentence_has_fillers() -> None:
    class Ends(torch.nn.Module):
        """Says the source's first token, then ends."""

        def forward(self, source: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
            following = source[:, :1] if said.shape[1] == 1 else torch.full((len(source), 1), END)
            return torch.nn.functional.one_hot(following.expand(-1, said.shape[1]), 9).float()

    assert translate(Ends(), torch.tensor([[7, END], [END, END]]), 4).tolist() == [[7, END, 1, 1], [END, 1, 1, 1]]


def test_what_does_not_fit_is_refused() -> None:
    text = numbers_in_words()
    supernet = TransformerSupernet(space((30, 30)))
    with pytest.raises(InputError, match=r"words of source and target: .* must be \(30, 30\)"):
        train_translation(supernet, text, TranslationOptions(steps=1))
    fitting = TransformerSupernet(space(text.vocabularies, shared=True))
    with pytest.raises(InputError, match="are fewer than 9000 a step"):
        train_translation(fitting, text, TranslationOptions(steps=1, batch=9000))
    with pytest.raises(InputError, match="training: steps: 0"):
        TranslationOptions(steps=0)
    with pytest.raises(InputError, match="one table is shared"):
        space((30, 20), shared=True)
