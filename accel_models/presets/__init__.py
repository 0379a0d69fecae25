"""Machines from the literature, one YAML file each; see :mod:`accel_models.library`."""
