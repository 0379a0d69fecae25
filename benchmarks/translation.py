"""HAT's super-transformer on a small translation task: sub-transformers that share weights beside ones trained alone.

All numbers below 10,000 from English to German words, every seventh held out. The super-transformer is written as HAT's
checkpoints are and read back before it is judged::

    python benchmarks/translation.py
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from nets.spaces import Config
from nets.spaces.hat import HatSpace
from nets.supernet import TransformerSupernet
from nets.supernet.hat_checkpoints import load_hat, save_hat
from nets.supernet.parallel_text import ParallelText, numbers_in_words
from nets.supernet.translation import TranslationOptions, TranslationQuality, measure_translation, train_translation


def hat_numbers(text: ParallelText) -> HatSpace:
    """A space like HAT's, small."""
    words, _ = text.vocabularies
    return HatSpace(
        "hat-numbers",
        "HAT transformers for numbers in words",
        embed_dims=(32, 64),
        ffn_dims=(64, 128),
        heads=(2, 4),
        encoder_layers=2,
        decoder_layers=2,
        qkv_dim=64,
        vocabulary=words,
        tokens=8,
    )


def main() -> None:
    """Train, write, read, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600, help="of each training (default: 600)")
    parser.add_argument("--sentences", type=int, default=400, help="held out, that are translated (default: 400)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and draws (default: 0)")
    args = parser.parse_args()

    text = numbers_in_words()
    space = hat_numbers(text)
    drawn = space.draw(np.random.default_rng(args.seed))
    configs = {"smallest": space.min_config(), "one at random": drawn, "largest": space.max_config()}
    shared = trained(space, text, args, None)
    with tempfile.TemporaryDirectory() as folder:
        save_hat(shared, Path(folder) / "super.pt")
        shared = load_hat(Path(folder) / "super.pt", space)
    print(
        f"held-out numbers translated without a mistake, and nats a token, after {args.steps} steps (seed {args.seed})"
    )
    print(f"{'sub-transformer':<18}{'shared weights':>18}{'trained alone':>18}")
    for name, config in configs.items():
        alone = trained(space, text, args, config)
        found = [measure_translation(net.extract(config), text, sentences=args.sentences) for net in (shared, alone)]
        print(f"{name:<18}{_said(found[0]):>18}{_said(found[1]):>18}", flush=True)


def trained(
    space: HatSpace, text: ParallelText, args: argparse.Namespace, config: Config | None
) -> TransformerSupernet:
    """All sub-transformers of a space together, or one of them alone."""
    options = TranslationOptions(
        steps=args.steps, warmup=args.steps // 10, rate=3e-3, dropout=0.1, seed=args.seed, config=config
    )

    def report(step: int, loss: float) -> None:
        if step % 100 == 0:
            print(f"step {step}: loss {loss:.3f}", file=sys.stderr)

    return train_translation(TransformerSupernet(space, seed=args.seed), text, options, report)


def _said(found: TranslationQuality) -> str:
    return f"{found.exact_percent:.1f} %, {found.loss:.4f}"


if __name__ == "__main__":
    main()
