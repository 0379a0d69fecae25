"""What a SCALE-Sim configuration may say, its keys in small letters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from nets.documents.model import Count, Model, Word


class General(Model):
    """What the run is called."""

    run_name: Word = "scalesim"


class Architecture(Model):
    """The array, its three memories in kilobytes, and what streams through it."""

    arrayheight: Count
    arraywidth: Count
    ifmapsramszkb: Count
    filtersramszkb: Count
    ofmapsramszkb: Count
    dataflow: Literal["os", "ws", "is"]
    bandwidth: Count | Word | None = None
    ifmapoffset: Any = None
    filteroffset: Any = None
    ofmapoffset: Any = None
    memorybanks: Any = None
    onchipmemorybanks: Any = None
    onchipmemorybankports: Any = None
    readrequestbuffer: Any = None
    writerequestbuffer: Any = None


class Layout(Model):
    """Banks of the memories, which matter only where a layout of one's own is asked for."""

    model_config = ConfigDict(extra="allow")

    ifmapcustomlayout: bool = False
    filtercustomlayout: bool = False


class Sparsity(Model):
    """Sparse filters."""

    model_config = ConfigDict(extra="allow")

    sparsitysupport: bool = False


class RunPresets(Model):
    """Whether memories off the chip ever stall the array."""

    interfacebandwidth: Literal["CALC", "USER"] = "CALC"
    useramulatortrace: bool = False


class NetworkPresets(Model):
    """Where the topology lies; the caller names it."""

    topologycsvloc: Any = None


class ConfigFile(Model):
    """A configuration."""

    general: General = General()
    architecture: Architecture = Field(alias="architecture_presets")
    layout: Layout = Layout()
    sparsity: Sparsity = Sparsity()
    run_presets: RunPresets = RunPresets()
    network_presets: NetworkPresets = NetworkPresets()
