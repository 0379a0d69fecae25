"""Once-for-All in torch: supernets that share their weights among all subnets of a space.

Everything here needs torch (``pip install 'cosearch[torch]'``) and nothing else of the project imports it unasked.
"""

from nets.supernet.calibration import recalibrate
from nets.supernet.data import ImageData, load_images
from nets.supernet.evaluation import Measurement, measure_subnet
from nets.supernet.files import export_onnx, export_state_dict, export_subnet, load_supernet, save_supernet
from nets.supernet.fine_tuning import fine_tune
from nets.supernet.net2net import net2deeper, net2wider
from nets.supernet.official import load_official, official_state_dict
from nets.supernet.phases import Phase, plain_phase, published_phases, short_phases
from nets.supernet.supernet import Supernet
from nets.supernet.training import Training, TrainingOptions
from nets.supernet.transformer import TransformerSupernet
from nets.supernet.untrained import untrained_subnet
from nets.supernet.validation import CornerValidation

__all__ = [
    "CornerValidation",
    "ImageData",
    "Measurement",
    "Phase",
    "Supernet",
    "Training",
    "TrainingOptions",
    "TransformerSupernet",
    "export_onnx",
    "export_state_dict",
    "export_subnet",
    "fine_tune",
    "load_images",
    "load_official",
    "load_supernet",
    "measure_subnet",
    "net2deeper",
    "net2wider",
    "official_state_dict",
    "plain_phase",
    "published_phases",
    "recalibrate",
    "save_supernet",
    "short_phases",
    "untrained_subnet",
]
