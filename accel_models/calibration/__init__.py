"""Latency as measured: what one DRAM tile asks of an array and its DMA, and corrections learnt from measured rows.

:mod:`~accel_models.calibration.tile_work` counts, :mod:`~accel_models.calibration.overlap` makes cycles of the counts
without any fitted number, :mod:`~accel_models.calibration.model` corrects them, :mod:`~accel_models.calibration.fit`
learns the correction.
"""
