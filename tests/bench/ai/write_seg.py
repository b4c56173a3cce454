"""What a bundle's user writes next: its label map and the DICOM series to a SEG, by highdicom.

python write_seg.py LABELS.nii.gz DICOM_FOLDER OUT.dcm
"""

import sys
from pathlib import Path

import highdicom as hd
import nibabel
import numpy as np
import pydicom
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid


def main(labels: str, folder: str, out: str) -> None:
    images = [pydicom.dcmread(path) for path in Path(folder).glob("*.dcm")]
    images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    mask = np.asarray(nibabel.load(labels).dataobj).squeeze().transpose(2, 1, 0) == 1
    described = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Lesion",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Mass,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name="bench", version="1", family=codes.DCM.ArtificialIntelligence
        ),
        tracking_uid=generate_uid(),
        tracking_id="lesion",
    )
    segmentation = hd.seg.Segmentation(
        source_images=images,
        pixel_array=mask.astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[described],
        series_instance_uid=generate_uid(),
        series_number=9001,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="bench",
        manufacturer_model_name="bench",
        software_versions="1",
        device_serial_number="1",
    )
    segmentation.save_as(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
