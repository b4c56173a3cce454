"""Objects as other vendors write them, by highdicom, and their way into a case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from apps.ai.models import ExternalFinding, ExternalObject, Finding
from apps.ai.services.external import READ_TASK, read_study_objects
from apps.core.models import OutboxMessage
from apps.imaging.models import Study
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import write_files
from tests.apps.imaging.segs import make_stack, raw
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

NODULE = Code("27925004", "SCT", "Nodule")
LUNG = Code("39607008", "SCT", "Lung")
LEFT = Code("7771000", "SCT", "Left")
VOLUME = Code("118565006", "SCT", "Volume")
CUBIC_MM = Code("mm3", "UCUM", "cubic millimeter")
PROBABILITY = Code("122157", "DCM", "Probability")
ONE = Code("1", "UCUM", "no units")


def bring(team: CaseTeam, folder: Path, datasets: Sequence[Any]) -> Study:
    """Into the archive, and read as the worker does when its message comes."""
    arrive(team, folder, datasets)
    return read_owed()


def arrive(team: CaseTeam, folder: Path, datasets: Sequence[Any]) -> None:
    write_files(folder, raw(list(datasets)))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])


def read_owed() -> Study:
    for message in OutboxMessage.objects.filter(task=READ_TASK):
        read_study_objects(study_id=message.kwargs["study_id"])
    return Study.objects.get()


def stack_of(team: CaseTeam, **fields: Any) -> list[Any]:
    identity = {"study_uid": generate_uid(), "series_uid": generate_uid(), **patient_fields(team)}
    return make_stack(**identity, FrameOfReferenceUID=generate_uid(), **fields)


def outcomes() -> dict[str, str]:
    """SOP Instance UID of every object that was read, and what became of it."""
    return dict(ExternalObject.objects.values_list("sop_instance_uid", "outcome"))


def only_finding() -> tuple[Finding, ExternalFinding]:
    finding = Finding.objects.select_related("job__version__model", "external").get()
    return finding, finding.external


def algorithm(name: str = "Nodule CAD", version: str = "2.1", maker: str | None = "Acme") -> Any:
    return hd.sr.AlgorithmIdentification(name=name, version=version, manufacturer=maker)


def volume_of(value: float, *, name: Code = VOLUME, unit: Code = CUBIC_MM) -> Any:
    return hd.sr.Measurement(name=name, value=value, unit=unit)


def shared(*, tracking: str = "", algorithm_id: Any = None, **changes: Any) -> dict[str, Any]:
    """What every measurement group of these tests says."""
    return {
        "tracking_identifier": hd.sr.TrackingIdentifier(
            uid=tracking or generate_uid(), identifier="Nodule 1"
        ),
        "finding_type": NODULE,
        "finding_sites": [hd.sr.FindingSite(anatomic_location=LUNG, laterality=LEFT)],
        "algorithm_id": algorithm_id,
        "measurements": [volume_of(523.6)],
        **changes,
    }


def of_segment(seg: Dataset, images: Sequence[Dataset], *, number: int = 1, **changes: Any) -> Any:
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        **shared(**changes),
        referenced_segment=hd.sr.ReferencedSegment(
            sop_class_uid=seg.SOPClassUID,
            sop_instance_uid=seg.SOPInstanceUID,
            segment_number=number,
            source_series=hd.sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
        ),
    )


def on_image(
    image: Dataset, points: Sequence[Sequence[float]], *, shape: str, **changes: Any
) -> Any:
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        **shared(**changes),
        referenced_region=hd.sr.ImageRegion(
            graphic_type=shape,
            graphic_data=np.asarray(points, float),
            source_image=hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID),
        ),
    )


def in_space(points: Sequence[Sequence[float]], frame_of_reference: str, **changes: Any) -> Any:
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        **shared(**changes),
        referenced_region=hd.sr.ImageRegion3D(
            graphic_type="POLYGON",
            graphic_data=np.asarray(points, float),
            frame_of_reference_uid=frame_of_reference,
        ),
    )


def of_images(images: Sequence[Dataset], **changes: Any) -> Any:
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        **shared(**changes),
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(one.SOPClassUID, one.SOPInstanceUID)
            for one in images
        ],
    )


def make_report(
    evidence: Sequence[Dataset],
    groups: Sequence[Any],
    *,
    device: str | None = "Acme Reader",
    person: str | None = None,
    verified_by: str | None = None,
    predecessor: Dataset | None = None,
    **document: Any,
) -> Dataset:
    observers: dict[str, Any] = {}
    if person:
        observers["observer_person_context"] = hd.sr.ObserverContext(
            codes.DCM.Person, hd.sr.PersonObserverIdentifyingAttributes(name=person)
        )
    if device:
        observers["observer_device_context"] = hd.sr.ObserverContext(
            codes.DCM.Device,
            hd.sr.DeviceObserverIdentifyingAttributes(uid=generate_uid(), name=device),
        )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(**observers),
        procedure_reported=Code("77477000", "SCT", "Computed tomography"),
        imaging_measurements=list(groups),
        title=codes.DCM.ImagingMeasurementReport,
    )
    options = {
        "manufacturer": "Acme Imaging",
        "manufacturer_model_name": "Server",
        "software_versions": "7",
        "series_number": 800,
        "instance_number": 1,
        **document,
    }
    return hd.sr.Comprehensive3DSR(
        evidence=list(evidence),
        content=content[0],
        series_instance_uid=generate_uid(),
        sop_instance_uid=generate_uid(),
        is_complete=True,
        is_final=verified_by is not None,
        is_verified=verified_by is not None,
        verifying_observer_name=verified_by,
        verifying_organization="Other House" if verified_by else None,
        previous_versions=[predecessor] if predecessor is not None else None,
        **options,
    )


def make_map(images: Sequence[Dataset], *, quantity: Code, unit: Code = ONE) -> Dataset:
    shape = (len(images), int(images[0].Rows), int(images[0].Columns))
    values: NDArray[np.float32] = np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32)
    return hd.pm.ParametricMap(
        source_images=list(images),
        pixel_array=values.reshape(shape),
        series_instance_uid=generate_uid(),
        series_number=900,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Mapmaker",
        manufacturer_model_name="Tumour Likelihood",
        software_versions="0.9",
        device_serial_number="1",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[
            hd.pm.RealWorldValueMapping(
                lut_label="P",
                lut_explanation="Probability of tumour",
                unit=unit,
                value_range=(0.0, 1.0),
                slope=1.0,
                intercept=0.0,
                quantity_definition=quantity,
            )
        ],
        voi_lut_transformations=[hd.VOILUTTransformation(window_center=0.5, window_width=1)],
    )
