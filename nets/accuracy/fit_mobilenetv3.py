"""Make the shipped accuracy predictor of ``ofa-mbv3-w1.0`` from a file of measured pairs.

    python -m nets.accuracy.fit_mobilenetv3 ofa_mbv3_w10_imagenet_top1.csv

Only the fitted coefficients ship; the measured pairs are not part of this project.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nets.accuracy.empirical_bayes import fit_saturating
from nets.accuracy.held_out import predict_held_out, score
from nets.accuracy.measurements import read_measurements
from nets.accuracy.saturating import SaturatingPredictor
from nets.accuracy.shipped import write_predictor
from nets.spaces import load_space

TARGET = Path(__file__).parent / "data" / "ofa-mbv3-w1.0.json"


def main(path: str) -> None:
    """Fit to all rows of ``path``, state the error on held-out runs, write :data:`TARGET`."""
    data = read_measurements(path, load_space("ofa-mbv3-w1.0"))
    fit = fit_saturating(data)
    held = score(data, *predict_held_out(data))
    by_resolution = ", ".join(f"r{level} {rmse:.2f}" for level, rmse in held.rmse_by_resolution.items())
    runs = len(set(data.run.tolist()))
    predictor = SaturatingPredictor(
        "ofa-mbv3-w1.0/imagenet-top1",
        data.space,
        estimates="ImageNet-1k validation top-1 of a subnet with the supernet's own weights, no fine-tuning",
        notes=[
            f"Fitted to {fit.rows} measured subnets: IntelLabs DyNAS-T (Apache-2.0), all 50,000 validation images at "
            "r224; MOOFA, shards of 12,500 images at r128, r160 and r192. Other resolutions are interpolated.",
            f"On {runs} whole search runs held out in turn: RMSE {held.rmse:.2f} points ({by_resolution}), Kendall tau "
            f"{held.kendall_tau:.3f}, {100 * held.inside_one_sigma:.0f} % of truths inside one standard error.",
            "The standard error is that of one more measurement of the same kind: below r224 it holds "
            f"{max(fit.shard.values()):.2f} points by which a shard of 12,500 images lies off as a whole.",
            "Best measured at r224 under 150/200/250/300/400/510 M MACs: 73.29/75.37/76.30/76.83/77.24/77.47 %.",
        ],
        model=fit.model,
    )
    write_predictor(predictor, TARGET)
    print(predictor.describe())


if __name__ == "__main__":
    main(sys.argv[1])
