import pytest

from accel_models.accelerator import Accelerator
from accel_models.presets import list_accelerators, load_accelerator, load_machine, load_template, save_machine
from accel_models.template import Template
from nets.errors import InputError

PRESETS = ["edgetpu_like", "eyeriss", "eyeriss_chip", "gemmini", "nvdla_1024", "nvdla_256", "shidiannao"]


def test_presets_by_glob():
    assert list_accelerators() == PRESETS
    assert list_accelerators("nvdla*") == ["nvdla_1024", "nvdla_256"]
    assert list_accelerators("tpu") == []


@pytest.mark.parametrize(
    "name, macs, on_chip_bytes, dataflow",
    [
        ("eyeriss", 168, 108 * 1024 + 168 * 512, "row_stationary"),
        ("eyeriss_chip", 168, 108 * 1024 + 168 * (12 + 224 + 24) * 2, "row_stationary"),
        ("nvdla_256", 256, 256 * 1024 + 256 * 16, "weight_stationary"),
        ("nvdla_1024", 1024, 256 * 1024 + 1024 * 16, "weight_stationary"),
        ("shidiannao", 64, 288 * 1024 + 64 * 32, "output_stationary"),
        ("edgetpu_like", 4096, 8 * 1024**2 + 4096 * 16, "weight_stationary"),
        ("gemmini", 256, (256 + 64) * 1024 + 256 * 2, "weight_stationary"),
    ],
)
def test_presets_have_the_sizes_of_their_sources(name, macs, on_chip_bytes, dataflow):
    machine = load_machine(name)
    accelerator = load_accelerator(name)
    assert accelerator.macs_per_cycle == macs
    assert machine.dataflow == dataflow
    assert accelerator.name == name
    assert accelerator.source
    held = sum(
        level.capacity_words * level.word_bits / 8 * accelerator.instances(i)
        for i, level in enumerate(accelerator.levels)
        if level.name != "DRAM"
    )
    assert held == on_chip_bytes


@pytest.mark.parametrize("name", PRESETS)
def test_presets_can_be_carried_to_another_node(name):
    at_16, at_7 = load_accelerator(name, node_nm=16), load_accelerator(name, node_nm=7)
    assert at_16.clock_hz == at_7.clock_hz == 1e9
    assert at_7.area_mm2 < at_16.area_mm2
    assert at_7.mac_pj < at_16.mac_pj


def test_templates_are_templates():
    assert isinstance(load_template("eyeriss"), Template)
    with pytest.raises(InputError, match="is not a template; templates: edgetpu_like, eyeriss"):
        load_template("gemmini")


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(InputError, match="did you mean 'eyeriss'"):
        load_accelerator("eyeris")


def test_files_round_trip(tmp_path):
    path = tmp_path / "mine.yaml"
    save_machine(load_template("nvdla_256"), path)
    assert load_template(path) == load_template("nvdla_256")
    save_machine(load_accelerator("gemmini"), path)
    machine = load_machine(path)
    assert isinstance(machine, Accelerator)
    assert machine == load_accelerator("gemmini")
    with pytest.raises(InputError, match=r"at which .* states its figures"):
        load_machine(path, node_nm=7)


def test_broken_files_say_where(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("kind: template\narray: [8, 8\nparallel: [K, C]\n")
    with pytest.raises(InputError, match=r"broken.yaml: 'line 3, column 9' is not sound YAML"):
        load_machine(path)
    path.write_text("")
    with pytest.raises(InputError, match="is empty"):
        load_machine(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not text"):
        load_machine(path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_machine(tmp_path / "absent.yaml")


def test_a_machine_is_read_from_a_file_that_holds_more(tmp_path):
    path = tmp_path / "best.yaml"
    save_machine(load_template("nvdla_256"), path)
    lines = path.read_text().splitlines()
    path.write_text("objective: edp\naccelerator:\n" + "".join(f"  {line}\n" for line in lines) + "networks: []\n")
    assert load_template(path) == load_template("nvdla_256")
    path.write_text("objective: edp\naccelerator: {kind: template, array: none}\n")
    with pytest.raises(InputError, match=r"best.yaml: accelerator \(line 2\): .parallel. is missing"):
        load_machine(path)
