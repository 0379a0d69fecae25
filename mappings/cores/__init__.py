"""Which cores of a system run which layers: splits of a layer over cores, and stages of a pipeline."""
