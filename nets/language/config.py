"""Language models from the ``config.json`` beside their weights, as Hugging Face's transformers write it."""

from __future__ import annotations

from pathlib import Path

from nets.documents import read_json
from nets.errors import InputError, unknown
from nets.language.model import LanguageModel


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
        raise InputError(
            f"{path}: model_type", kind, "must name the kind of language model", f"known: {', '.join(sorted(KINDS))}"
        )
    if kind not in KINDS:
        raise unknown(f"{path}: model_type", kind, KINDS)
    return typed(ConfigEntry, document).root.model()
