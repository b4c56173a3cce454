"""The ``scripts/`` of the bundles in zoo.py."""

NODULE_SCRIPTS = {
    "__init__.py": "from .detection_inferer import RetinaNetInferer\n",
    "feature_pyramid.py": """
import torch


class TinyPyramid(torch.nn.Module):
    out_channels = 8

    def __init__(self, spatial_dims):
        super().__init__()
        assert spatial_dims == 3
        self.first = torch.nn.Conv3d(1, 8, 3, stride=2, padding=1)
        self.second = torch.nn.Conv3d(8, 8, 3, stride=2, padding=1)

    def forward(self, image):
        first = torch.relu(self.first(image))
        return [first, torch.relu(self.second(first))]
""",
    "detection_inferer.py": """
import numpy as np
from monai.inferers.inferer import Inferer


class RetinaNetInferer(Inferer):
    def __init__(self, detector, force_sliding_window=False):
        Inferer.__init__(self)
        self.detector = detector
        self.force_sliding_window = force_sliding_window
        self.sliding_window_size = None
        if self.detector.inferer is not None:
            self.sliding_window_size = np.prod(self.detector.inferer.roi_size)

    def __call__(self, inputs, network, *args, **kwargs):
        self.detector.network = network
        self.detector.training = self.detector.network.training
        use_inferer = self.force_sliding_window or (
            self.sliding_window_size is not None
            and not all(one[0, ...].numel() < self.sliding_window_size for one in inputs)
        )
        return self.detector(inputs, *args, use_inferer=use_inferer, **kwargs)
""",
    "evaluator.py": """
from monai.engines.evaluator import SupervisedEvaluator
from monai.engines.utils import IterationEvents
from monai.utils.enums import CommonKeys as Keys


def prepare(batchdata, device=None, non_blocking=False, **kwargs):
    return [one["image"].to(device=device) for one in batchdata], None


class DetectionEvaluator(SupervisedEvaluator):
    def __init__(self, **arguments):
        super().__init__(prepare_batch=prepare, **arguments)

    def _register_decollate(self):
        @self.on(IterationEvents.MODEL_COMPLETED)
        def _decollate_data(engine):
            output = engine.state.output
            engine.state.output = [
                {key: output[key][index] for key in output if output[key] is not None}
                for index in range(len(output[Keys.IMAGE]))
            ]
""",
    "detection_saver.py": """
import json
import os

from ignite.engine import Events


class DetectionSaver:
    def __init__(self, output_dir, filename, output_transform):
        self.path = os.path.join(output_dir, filename)
        self.output_transform = output_transform

    def attach(self, engine):
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine):
        found = self.output_transform(engine.state.output)
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        keys = ("box", "label", "label_scores")
        with open(self.path, "w") as stream:
            json.dump([{key: one[key].tolist() for key in keys} for one in found], stream)
""",
}

DENSITY_SCRIPTS = {
    "__init__.py": "from .createList import CreateImageList\n",
    "createList.py": """
import glob
import os


class CreateImageList:
    def __init__(self, folder):
        self.folder = folder

    def create_dataset(self, grp):
        return sorted(glob.glob(os.path.join(self.folder, "*.png")))
""",
}
