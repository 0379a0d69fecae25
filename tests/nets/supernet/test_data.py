"""Images: digits and folders, what is held out, what training distorts, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nets.errors import InputError
from nets.supernet import load_images
from nets.supernet.data import ImageFolder


def write_images(folder: Path, count: int, size: tuple[int, int] = (24, 16), suffix: str = ".png") -> None:
    folder.mkdir(parents=True)
    for index in range(count):
        pixels = np.random.default_rng(index).integers(256, size=(size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02}{suffix}")


def test_digits() -> None:
    """Every fifth of 1797 is held out; batches have the asked shape; both splits hold every class."""
    data = load_images("digits")
    assert (data.size("train"), data.size("held_out"), len(data.classes)) == (1438, 359, 10)
    images, labels = data.batch("train", np.arange(5), 12)
    assert (images.shape, images.dtype, labels.tolist()) == ((5, 3, 12, 12), torch.float32, [0, 1, 2, 3, 5])
    for split in ("train", "held_out"):
        labels = torch.cat([labels for _, labels in data.batches(split, 8)])
        assert (len(labels), len(labels.unique())) == (data.size(split), 10)


def test_digits_at_their_own_size_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    pixels, _ = load_digits(return_X_y=True)
    images, _ = load_images("digits").batch("train", np.array([3]), 8)
    assert np.corrcoef(images[0, 0].ravel(), pixels[3])[0, 1] == pytest.approx(1.0)


def test_training_moves_digits_by_a_pixel_at_most() -> None:
    data = load_images("digits")
    indices = np.arange(50)
    still, _ = data.batch("train", indices, 8)
    moved, _ = data.batch("train", indices, 8, np.random.default_rng(0))
    again, _ = data.batch("train", indices, 8, np.random.default_rng(0))
    assert torch.equal(moved, again)
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    found = [
        [shift for shift in shifts if torch.equal(torch.roll(image, shift, (1, 2)), other)]
        for image, other in zip(still, moved)
    ]
    assert all(found)
    assert {shift for one in found for shift in one} == set(shifts)


def test_some_images_are_spread_over_the_split() -> None:
    data = load_images("digits")
    counts = [len(labels) for _, labels in data.batches("train", 8, images=300, batch=128)]
    assert counts == [100, 100, 100]


def test_folder_with_train_and_val(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("val", 2)):
        for name, suffix in (("cat", ".png"), ("dog", ".JPG"), ("emu", ".ppm")):
            write_images(tmp_path / split / name, count, suffix=suffix)
    data = load_images(tmp_path)
    assert (data.classes, data.size("train"), data.size("held_out")) == (("cat", "dog", "emu"), 9, 6)
    images, labels = data.batch("held_out", np.arange(6), 32)
    assert (images.shape, labels.tolist()) == ((6, 3, 32, 32), [0, 0, 1, 1, 2, 2])


def test_folder_without_splits_holds_every_fifth_out(tmp_path: Path) -> None:
    write_images(tmp_path / "cat", 11)
    write_images(tmp_path / "dog", 5)
    data = ImageFolder(tmp_path)
    assert (data.size("train"), data.size("held_out")) == (13, 3)
    train = {str(file) for file, _ in data._splits["train"]}
    assert train.isdisjoint(str(file) for file, _ in data._splits["held_out"])


def test_evaluation_takes_the_centre_and_normalises(tmp_path: Path) -> None:
    """A white square with a black rim that the cut leaves out: all white, by ImageNet's mean and deviation."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        picture = Image.new("L", (80, 64))
        picture.paste(255, (9, 1, 71, 63))
        for index in range(5):
            picture.save(tmp_path / name / f"{index}.png")
    images, _ = load_images(tmp_path).batch("train", np.array([0]), 28)
    white = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(images[0], white[:, None, None].expand(3, 28, 28), rtol=0, atol=1e-5)


def test_training_cuts_and_mirrors_at_random_but_repeats_itself(tmp_path: Path) -> None:
    write_images(tmp_path / "cat", 5, size=(40, 30))
    write_images(tmp_path / "dog", 5, size=(40, 30))
    data = load_images(tmp_path)
    first, again, other = (
        data.batch("train", np.array([0, 0]), 16, np.random.default_rng(seed))[0] for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


def test_training_changes_brightness_and_saturation_within_bounds(tmp_path: Path) -> None:
    """One colour stays one colour; its grey value, which saturation leaves, moves by the brightness alone."""
    colour = (60, 120, 180)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for index in range(5):
            Image.new("RGB", (16, 16), colour).save(tmp_path / name / f"{index}.png")
    images, _ = load_images(tmp_path).batch("train", np.zeros(64, dtype=np.int64), 16, np.random.default_rng(0))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = 255 * (images[:, :, 0, 0] * std + mean)
    torch.testing.assert_close(images, images[:, :, :1, :1].expand_as(images))
    weights = torch.tensor([0.299, 0.587, 0.114])
    grey = pixels @ weights / (torch.tensor(colour, dtype=torch.float32) @ weights)
    assert 1 - 32 / 255 - 0.02 <= float(grey.min()) < 0.95
    assert 1.05 < float(grey.max()) <= 1 + 32 / 255 + 0.02
    spread = (pixels[:, 2] - pixels[:, 0]) / (120 * grey)
    assert 0.48 <= float(spread.min()) < 0.7
    assert 1.3 < float(spread.max()) <= 1.52


def test_calibration_takes_distorted_training_images_and_the_same_each_time() -> None:
    data = load_images("digits")
    first, again = (torch.cat(list(data.calibration_batches(8, images=60))) for _ in range(2))
    plain = torch.cat([images for images, _ in data.batches("train", 8, images=60)])
    assert torch.equal(first, again)
    assert first.shape == plain.shape
    assert not torch.equal(first, plain)


def test_bad_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder of images; known by name: digits"):
        load_images(tmp_path / "nowhere")
    with pytest.raises(InputError, match="has no images; it must hold one folder of images per class"):
        load_images(tmp_path)
    write_images(tmp_path / "cat", 5)
    with pytest.raises(InputError, match="classes: 1 must be at least 2"):
        load_images(tmp_path)
    write_images(tmp_path / "dog", 4)
    with pytest.raises(InputError, match="class: 'dog' must have at least 5 images"):
        load_images(tmp_path)
    write_images(tmp_path / "split" / "train" / "cat", 1)
    write_images(tmp_path / "split" / "val" / "emu", 1)
    with pytest.raises(InputError, match="class: 'cat' is in only one of train and val"):
        load_images(tmp_path / "split")


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    write_images(tmp_path / "cat", 5)
    write_images(tmp_path / "dog", 5)
    (tmp_path / "cat" / "00.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"image: '.*cat/00.png' cannot be read"):
        load_images(tmp_path).batch("train", np.array([0]), 16)
