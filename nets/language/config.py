"""Language models from the ``config.json`` beside their weights, as Hugging Face's transformers write it."""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path
from typing import Final

from nets.documents import read_json
from nets.errors import InputError, unknown
from nets.language.model import LanguageModel

MISTYPED: Final = 0.9
"""How much alike two keys are of which one is taken for the other, mistyped."""


def read_language_model(path: Path | str) -> LanguageModel:
    """The model that a configuration describes.

    Raises:
        InputError: no configuration of a kind known here, a missing figure, or sizes that do not go together.
    """
    from nets.documents.typed import typed
    from nets.language.config_model import KINDS, ConfigEntry

    document = read_json(path, "configuration of a language model")
    kind = document.data.get("model_type") if isinstance(document.data, dict) else None
    if not isinstance(kind, str):
        known = f"known: {', '.join(sorted(KINDS))}"
        raise InputError(str(path), "model_type", "is missing, or no name: it says the kind of language model", known)
    if kind not in KINDS:
        raise unknown(f"{path}: model_type", kind, KINDS)
    absent = KINDS[kind].model_fields.keys() - document.data.keys()
    for key in document.data.keys() - KINDS[kind].model_fields.keys():  # others are passed over
        if close := difflib.get_close_matches(key, absent, n=1, cutoff=MISTYPED):
            raise InputError(document.place_of_key((), key), key, "is not known", f"did you mean {close[0]!r}?")
    entry = typed(ConfigEntry, document).root
    try:
        model = entry.model()
    except InputError as error:  # sizes that do not go together are found where blocks are built, of whatever file
        raise InputError(f"{path}: {error.place}", error.value, error.rule, error.hint) from None
    return dataclasses.replace(model, notes=tuple(entry.notes()))
