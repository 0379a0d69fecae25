"""What is known of the blocks of code in pages: who runs them, at what size, and which run nowhere, with the reason.

Everything that is not in these tables is run as it stands, by `.ci/blocks.py`.
"""

from __future__ import annotations

TESTED = {
    "docs/how_to/*.md": ("tests/docs/test_how_to.py", {"bash": None, "python": None}),
    "docs/start.md": ("tests/docs/test_pages.py", {"bash": None}),
    "docs/own_machine.md": ("tests/docs/test_own_machine.py", {"bash": None, "python": 1}),
    "docs/own_space.md": ("tests/docs/test_own_space.py", {"bash": None, "python": 1}),
    "docs/interchange.md": ("tests/cosearch/commands/test_interchange.py", {"console": None}),
    "docs/lectures.md": ("tests/cosearch/commands/test_lectures_page.py", {"bash": None}),
}
"""By page: the test that runs its blocks, and of which languages: all of them (None), or how many there are."""

BY_LINE = {
    "README.md": {"pip install": ".ci/run", "python -m pytest": ".ci/run"},
    "docs/start.md": {"python -m venv": ".ci/run", ". .venv/bin/activate": ".ci/run", "pip install": ".ci/run"},
    "docs/index.md": {"ruff check": ".ci/run"},
    "docs/supernets.md": {
        "cosearch search": "tests/cosearch/commands/test_supernets_page.py",
        "cosearch evaluate": "tests/cosearch/commands/test_supernets_page.py",
        "cosearch nas": "tests/cosearch/commands/test_supernets_page.py",
    },
}
"""By page: how lines begin that are run elsewhere; `.ci/run` makes environments, fills them, and checks style."""

LEFT_OUT = {
    "docs/lectures.md": {"python benchmarks/proxy_authors.py": "needs checkouts of two other projects"},
    "docs/naas.md": {
        "python benchmarks/naas/all.py": "hours; its parts are run one by one, and itself by a test on a page of one"
    },
    "docs/scaling.md": {"": "several machines; how_to/cluster has one, and is run"},
    "docs/trust.md": {
        "": "several machines and an authority for certificates; tests/cosearch/executors/test_tls.py has both on one"
    },
    "docs/supernets.md": {
        "cosearch supernet load": "needs a published checkpoint; tests write files of its names and shapes"
    },
}
"""How lines begin that nothing runs as they stand, with the reason."""

QUICK = "--trials 4 --evaluations 20 --last-evaluations 60 --last-mapper cmaes --no-baselines"
SMALLER = {
    "README.md": {
        "run_cosearch.py --budget area=5mm2": f"run_cosearch.py --budget area=5mm2 {QUICK}",
        "--budget area=2mm2 --json": f"--budget area=2mm2 --json {QUICK}",
        "--objective energy": f"--objective energy {QUICK}",
        "--fuse auto": f"--fuse auto {QUICK}",
        "--objectives edp,area": f"--objectives edp,area {QUICK}",
        "area=1..20mm2": f"area=1..20mm2 --points 2 {QUICK}",
        "--budget area=3mm2": f"--budget area=3mm2 {QUICK}",
        "--time-limit 5min": "--time-limit 5s",
        "cosearch dashboard runs/001": "timeout 8 cosearch dashboard runs/001 --port 18080 || test $? = 124",
    },
    "docs/import.md": {"area=2mm2": f"area=2mm2 {QUICK}"},
    "docs/language_models.md": {"area=5mm2": f"area=5mm2 {QUICK}"},
    "docs/naas.md": {
        "--trials 60": "--trials 2 --out parts",
        "--trials 24": "--trials 2 --out parts",
        "--trials 96": "--trials 3 --out parts",
        "--trials 144": "--trials 2 --out parts",
        "--trials 240": "--trials 3 --out parts",
        "--seeds 2": "--seeds 1",
        "--seeds 3": "--seeds 1",
        "bounded.py": "bounded.py --trials 4 --out parts",
        "--svg docs/img/": "--svg ",
    },
    "docs/own_machine.md": {"--trials 96": "--trials 4 --no-baselines"},
    "docs/spaces.md": {"STM32F746": "STM32F746 --samples 20", "--confidence 0.9": f"--confidence 0.9 {QUICK}"},
    "docs/strategies.md": {
        "latency=90ms": "latency=90ms --evaluations 60 --mappings 8",
        "accuracy,latency": "accuracy,latency --evaluations 60 --mappings 8",
        "--seeds 5": "--seeds 2",
        "--evaluations 500": "--evaluations 60 --mappings 8",
    },
    "docs/supernets.md": {
        "--steps 900": "--steps 12",
        "--from ofa.pt --classes 37": "--from digits.pt --classes 10 --steps 60 --batch 32",
        "--data pets": "--data digits",
        "--steps 100": "--steps 4",
        "--count 300": "--count 30",
        "other_pairs.csv": "pairs.csv",
        "steps=50_000, warmup=10_000": "steps=2, warmup=1",
        "batch=128": "batch=16",
    },
}  # fmt: skip
"""By page: what stands there, and what is run in its place, so that it takes seconds; other figures, the same way."""

REFUSED = {"docs/fusion.md": {"--group conv1_1:conv3_3": 3}}
"""Commands whose page shows how they are refused: with which status."""

BROUGHT = {
    "docs/import.md": """
import pathlib
from onnx import TensorProto, helper, save
import numpy as np

def weights(name, *shape):
    return helper.make_tensor(name, TensorProto.FLOAT, shape, np.ones(shape, dtype=np.float32).ravel())

save(helper.make_model(helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w"], ["y"], name="stem", strides=[4, 4], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["y"], ["z"]),
        helper.make_node("GlobalAveragePool", ["z"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "v"], ["classes"], name="head"),
    ],
    "model",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 224, 224])],
    [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", 10])],
    [weights("w", 16, 3, 3, 3), weights("v", 16, 10)],
)), "model.onnx")
pathlib.Path("package").mkdir()
pathlib.Path("package/module.py").write_text('''
import torch

def factory():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()).eval(), torch.empty(1, 3, 32, 32)
''')
""",
    "docs/language_models.md": """
import json, pathlib
sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4}
sizes |= {"num_key_value_heads": 2, "vocab_size": 1000, "max_position_embeddings": 2048, "tie_word_embeddings": False}
pathlib.Path("config.json").write_text(json.dumps({"model_type": "llama", **sizes}))
""",
    "docs/supernets.md": """
import pathlib
import numpy as np
from nets.latency import HAT_FEATURES, write_latency_pairs
from nets.spaces import load_space
from nets.spaces.hat import load_hat_space

random, space = np.random.default_rng(0), load_space("ofa-mbv3-w1.0")
configs = [space.sample(random) for _ in range(400)]
write_latency_pairs(pathlib.Path("phone.csv"), space, configs, [1e-7 * space.macs_params(one)[0] for one in configs])
space = load_hat_space("hat-wmt")
for name in ("wmt14_titanxp.csv", "other.csv"):
    table = space.features([space.draw(random) for _ in range(300)])
    latency_ms = 20 + table[:, 5] * (5 + 0.01 * table[:, 4] + 0.002 * table[:, 6])
    rows = [[*HAT_FEATURES, "latency_ms"], *np.column_stack([table, latency_ms]).tolist()]
    pathlib.Path(name).write_text("".join(",".join(map(str, row)) + "\\n" for row in rows))
pathlib.Path("data").mkdir(exist_ok=True)
for split, language in (("train", "de"), ("train", "en"), ("valid", "de"), ("valid", "en")):
    sentences = (" ".join(f"{language}{word}" for word in random.integers(0, 9, size=5)) for _ in range(16))
    pathlib.Path(f"data/{split}.{language}").write_text("".join(f"{sentence}\\n" for sentence in sentences))
""",
}
"""Programs that make what a reader of the page brings along: a model, a configuration, measurements."""
