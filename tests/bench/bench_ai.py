"""AI: series to tensor, forward pass, whole jobs; against pydicom, SimpleITK, monai.bundle run.

One series of 300 × 512 × 512 (a phantom with lesions), one network (the demo floor's own bundle,
whose weights were trained on such phantoms), one machine; ways take turns. Before there is a
figure every way's Hounsfield units are compared bit for bit, and the findings with the label map of
``python -m monai.bundle run`` (Dice of 0.999 or more). MONAI's command starts from a NIfTI file
that lies there already and a job from the DICOM archive; the job's SEG and SR are in its time.
SimpleITK is a peer where it is installed (``pip install SimpleITK==2.5.7``).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.run import Figure


def measure() -> list[Figure]:
    """All figures of the table."""
    from tests.bench.ai.scene import open_scene

    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_scene(directory=Path(name)) as scene,
    ):
        # Both once Django is set up.
        from tests.bench.ai.gpu_row import measure_gpu
        from tests.bench.ai.job_rows import measure_jobs
        from tests.bench.ai.tensor_rows import measure_tensors

        return [
            *measure_tensors(series=scene.series, files=scene.files),
            *measure_jobs(scene, directory=Path(name)),
            *measure_gpu(directory=Path(name)),
        ]
