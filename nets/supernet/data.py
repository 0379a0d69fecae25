"""Images with labels: folders in torchvision's layout, and the handwritten digits that come with scikit-learn."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nets.documents import read_bytes
from nets.errors import InputError

Split = Literal["train", "held_out"]

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".webp"})

_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)
"""Of ImageNet's channels, by which the images of folders are normalised, as usual."""

CALIBRATION_IMAGES: Final = 2000
"""From which batch norms are estimated, as Once-for-All does."""

CALIBRATION_SEED: Final = 0
"""Of their distortions."""

BRIGHTNESS: Final = 32 / 255
SATURATION: Final = 0.5
"""Most that training changes of either, as a share: Once-for-All's colour distortion ``tf``."""

_HELD_OUT_EVERY: Final = 5
"""Where nothing says which images to judge by, every fifth of a class is held out of training."""


class ImageData(ABC):
    """Labelled images that come at any resolution; a batch depends on nothing but its arguments.

    Attributes:
        name: what reports call it.
        classes: names of the classes; a label is an index into them.
    """

    name: str
    classes: Sequence[str]

    @abstractmethod
    def size(self, split: Split) -> int:
        """Number of images."""

    @abstractmethod
    def batch(
        self, split: Split, indices: NDArray[np.int64], resolution: int, rng: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Images of shape (indices, 3, resolution, resolution) and labels of shape (indices,).

        The images' channels lie side by side in memory, with which torch's convolutions of few channels are fastest.

        Args:
            rng: of the random distortions of training; none when omitted.

        Raises:
            InputError: an image cannot be read.
        """

    def batches(
        self,
        split: Split,
        resolution: int,
        *,
        images: int | None = None,
        batch: int = 256,
        rng: np.random.Generator | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Images in batches: all, or as many spread evenly over the split.

        Args:
            rng: of the random distortions of training; none when omitted.
        """
        count = self.size(split)
        chosen = np.arange(count)
        if images is not None and images < count:
            chosen = np.linspace(0, count - 1, images).round().astype(np.int64)
        for part in np.array_split(chosen, max(1, -(-len(chosen) // batch))):
            yield self.batch(split, part, resolution, rng)

    def calibration_batches(self, resolution: int, *, images: int = CALIBRATION_IMAGES) -> Iterator[Tensor]:
        """Training images to estimate batch norms from, distorted as in training; the same each time."""
        rng = np.random.default_rng(CALIBRATION_SEED)
        for batch, _ in self.batches("train", resolution, images=images, rng=rng):
            yield batch


class Digits(ImageData):
    """1797 handwritten digits of 8 x 8 pixels (UCI, shipped by scikit-learn), stretched to the resolution.

    Every fifth is held out. Training moves each by up to one of the 8 pixels.

    Raises:
        InputError: scikit-learn is not installed.
    """

    def __init__(self) -> None:
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise InputError("data", "digits", "needs scikit-learn", "pip install 'cosearch[torch]'") from error
        images, labels = load_digits(return_X_y=True)
        pixels = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
        pixels = (pixels - pixels.mean()) / pixels.std()
        held_out = np.arange(len(labels)) % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1
        self.name = "digits"
        self.classes = tuple("0123456789")
        self._splits: dict[Split, tuple[Tensor, Tensor]] = {
            "train": (pixels[~held_out], torch.tensor(labels[~held_out])),
            "held_out": (pixels[held_out], torch.tensor(labels[held_out])),
        }

    def size(self, split: Split) -> int:
        """See :meth:`ImageData.size`."""
        return len(self._splits[split][1])

    def batch(
        self, split: Split, indices: NDArray[np.int64], resolution: int, rng: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """See :meth:`ImageData.batch`."""
        pixels, labels = self._splits[split]
        chosen = torch.from_numpy(indices)
        images = pixels[chosen]
        if rng is not None:
            images = _shifted(images, rng.integers(-1, 2, size=(len(indices), 2)))
        images = torch.nn.functional.interpolate(images, size=(resolution, resolution), mode="bilinear")
        return images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last), labels[chosen]


def _shifted(images: Tensor, shifts: NDArray[np.int64]) -> Tensor:
    """Each image (of one channel) moved by (rows, columns); what leaves on one side comes back on the other."""
    rows = (torch.arange(images.shape[2])[None, :] - torch.from_numpy(shifts[:, :1])) % images.shape[2]
    columns = (torch.arange(images.shape[3])[None, :] - torch.from_numpy(shifts[:, 1:])) % images.shape[3]
    return images[torch.arange(len(images))[:, None, None], 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


class ImageFolder(ImageData):
    """A folder of images in torchvision's layout.

    Either ``train/CLASS/IMAGE`` beside ``val/CLASS/IMAGE`` (or ``test``), or ``CLASS/IMAGE`` alone: then every fifth
    image of each class is held out. Training cuts a random part out of the image, mirrors half of them and changes
    brightness and saturation, as Once-for-All's does; else the centre is taken.

    Args:
        root: the folder.
        threads: that decode images.

    Raises:
        InputError: no such folder, no images in it, fewer than two classes, or splits of other classes.
    """

    def __init__(self, root: str | Path, *, threads: int = 8) -> None:
        self._root = Path(root)
        if not self._root.is_dir():
            raise InputError("data", str(root), "is not a folder of images", "known by name: digits")
        self.name = self._root.name
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="image-reader")
        held_out = next((name for name in ("val", "test") if (self._root / name).is_dir()), None)
        if (self._root / "train").is_dir() and held_out is not None:
            train, judged = _scan(self._root / "train"), _scan(self._root / held_out)
            if train.keys() != judged.keys():
                odd = sorted(train.keys() ^ judged.keys())
                raise InputError(f"data {root}: class", odd[0], f"is in only one of train and {held_out}")
        else:
            everything = _scan(self._root)
            judged = {name: files[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY] for name, files in everything.items()}
            train = {name: sorted(set(files) - set(judged[name])) for name, files in everything.items()}
            lacking = [name for name, files in judged.items() if not files]
            if lacking:
                raise InputError(
                    f"data {root}: class", lacking[0], f"must have at least {_HELD_OUT_EVERY} images to hold one out"
                )
        self.classes = tuple(sorted(train))
        if len(self.classes) < 2:
            raise InputError(f"data {root}: classes", len(self.classes), "must be at least 2 folders with images")
        self._splits: dict[Split, list[tuple[Path, int]]] = {
            "train": [(file, label) for label, name in enumerate(self.classes) for file in train[name]],
            "held_out": [(file, label) for label, name in enumerate(self.classes) for file in judged[name]],
        }

    def size(self, split: Split) -> int:
        """See :meth:`ImageData.size`."""
        return len(self._splits[split])

    def batch(
        self, split: Split, indices: NDArray[np.int64], resolution: int, rng: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """See :meth:`ImageData.batch`."""
        chosen = [self._splits[split][index] for index in indices]
        streams = [None] * len(chosen) if rng is None else rng.spawn(len(chosen))
        images = list(self._readers.map(_read, [file for file, _ in chosen], streams, [resolution] * len(chosen)))
        batch = torch.stack(images).contiguous(memory_format=torch.channels_last)
        return batch, torch.tensor([label for _, label in chosen])


def _scan(folder: Path) -> dict[str, list[Path]]:
    """Image files of each class."""
    classes = {}
    for entry in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in entry.rglob("*") if path.suffix.lower() in SUFFIXES)
        if files:
            classes[entry.name] = files
    if not classes:
        raise InputError("data", str(folder), "has no images", "it must hold one folder of images per class")
    return classes


def _read(file: Path, rng: np.random.Generator | None, resolution: int) -> Tensor:
    """Decode, cut and normalise one image."""
    image_module, content = _pillow(), read_bytes("image", file)
    try:
        with image_module.open(io.BytesIO(content)) as opened:
            image = opened.convert("RGB")
    except Exception as error:  # Pillow raises whatever its decoders meet
        raise InputError("image", str(file), f"cannot be read ({error})") from error
    box = _centre(image.size, resolution) if rng is None else _random_cut(image.size, rng)
    image = image.resize((resolution, resolution), image_module.Resampling.BILINEAR, box=box)
    if rng is not None and rng.random() < 0.5:
        image = image.transpose(image_module.Transpose.FLIP_LEFT_RIGHT)
    if rng is not None:
        image = _recoloured(image, rng)
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    return (pixels - torch.tensor(_MEAN)[:, None, None]) / torch.tensor(_STD)[:, None, None]


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise InputError("data", "a folder of images", "needs Pillow", "pip install 'cosearch[torch]'") from error
    return Image


def _recoloured(image: Any, rng: np.random.Generator) -> Any:
    """Another brightness and another saturation, in either order."""
    from PIL import ImageEnhance

    changes = [(ImageEnhance.Brightness, BRIGHTNESS), (ImageEnhance.Color, SATURATION)]
    if rng.random() < 0.5:
        changes.reverse()
    for enhance, most in changes:
        image = enhance(image).enhance(float(rng.uniform(1 - most, 1 + most)))
    return image


def _centre(size: tuple[int, int], resolution: int) -> tuple[float, float, float, float]:
    """The central square, 7/8 of the shorter side (as 224 of 256 pixels)."""
    side = min(size) * 0.875
    left, top = (size[0] - side) / 2, (size[1] - side) / 2
    return (left, top, left + side, top + side)


def _random_cut(size: tuple[int, int], rng: np.random.Generator) -> tuple[float, float, float, float]:
    """8 to 100 % of the area at an aspect of 3:4 to 4:3 (Szegedy et al. 2015); the whole image if none fits."""
    width, height = size
    for _ in range(10):
        area = width * height * rng.uniform(0.08, 1.0)
        aspect = float(np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))))
        cut_width, cut_height = (area * aspect) ** 0.5, (area / aspect) ** 0.5
        if cut_width <= width and cut_height <= height:
            left, top = rng.uniform(0, width - cut_width), rng.uniform(0, height - cut_height)
            return (left, top, left + cut_width, top + cut_height)
    return (0.0, 0.0, float(width), float(height))


def load_images(name: str | Path) -> ImageData:
    """``digits``, or the folder of that path.

    Raises:
        InputError: as :class:`Digits` and :class:`ImageFolder`.
    """
    return Digits() if str(name) == "digits" else ImageFolder(name)
