"""RTSTRUCT, RTPLAN and RTDOSE of a phantom, with a dose whose DVH is known in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from apps.demo.dicom.common import MARK, PhantomStudy, new_object, set_pixels
from apps.demo.dicom.contours import outline_mask
from apps.demo.dicom.ct import SERIES as CT_SERIES
from apps.demo.phantoms import PhantomVolume

_COLOURS = {
    "BODY": (160, 160, 160), "GTV": (230, 60, 60), "PTV": (255, 170, 0),
    "LUNG_L": (80, 170, 255), "LUNG_R": (60, 120, 220), "HEART": (220, 90, 170),
    "CORD": (90, 220, 120),
}  # fmt: skip
_INTERPRETED = {"BODY": "EXTERNAL", "GTV": "GTV", "PTV": "PTV"}
_STUDY_COMPONENT = "1.2.840.10008.3.1.2.3.2"


@dataclass(frozen=True)
class SphericalDose:
    """A dose that depends only on the distance from a point.

    ``dose(r) = maximum / (1 + (r / half_radius) ** 4)``: flat inside, falling off like a
    stereotactic plan. For a sphere around the same point every value of the DVH follows in
    closed form, which is what a reader of DVHs can be checked against.
    """

    centre_lps: tuple[float, float, float]
    maximum_gy: float
    half_radius_mm: float

    def at_radius(self, radius_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.maximum_gy / (1 + (radius_mm / self.half_radius_mm) ** 4)

    def radius_of(self, dose_gy: float) -> float:
        """Distance at which the dose has fallen to ``dose_gy``."""
        if dose_gy >= self.maximum_gy:
            return 0.0
        return float(self.half_radius_mm * (self.maximum_gy / dose_gy - 1) ** 0.25)

    def sphere_fraction_above(self, dose_gy: float, sphere_radius_mm: float) -> float:
        """V(dose) of a sphere of that radius around the centre, 0 to 1."""
        return min(1.0, self.radius_of(dose_gy) / sphere_radius_mm) ** 3

    def sphere_dose_at(self, fraction: float, sphere_radius_mm: float) -> float:
        """D(fraction): the least dose of the hottest part of that sphere."""
        radius = sphere_radius_mm * fraction ** (1 / 3)
        return float(self.at_radius(np.array(radius)))

    def sphere_mean(self, sphere_radius_mm: float) -> float:
        """Mean dose of that sphere; the integral of 3 r^2 D(r) / R^3 by quadrature."""
        nodes, weights = np.polynomial.legendre.leggauss(64)
        r = 0.5 * sphere_radius_mm * (nodes + 1)
        w = 0.5 * sphere_radius_mm * weights
        return float(np.sum(w * 3 * r**2 * self.at_radius(r)) / sphere_radius_mm**3)


def sphere_mask(
    volume: PhantomVolume, centre_lps: tuple[float, float, float], radius_mm: float
) -> NDArray[np.bool_]:
    """Voxels of a CT whose centres lie within a sphere."""
    distance = np.zeros((1, 1, 1))
    for axis, size in enumerate(volume.hu.shape):
        lps = 2 - axis
        position = volume.affine_lps[lps, 3] + volume.spacing_mm[axis] * np.arange(size)
        shape = [1, 1, 1]
        shape[axis] = size
        distance = distance + ((position - centre_lps[lps]) ** 2).reshape(shape)
    return np.asarray(distance <= radius_mm**2)


def write_structures(
    *, study: PhantomStudy, volume: PhantomVolume, masks: dict[str, NDArray[np.bool_]]
) -> Dataset:
    """An RTSTRUCT of closed planar contours on the CT of the same study."""
    ds = new_object(
        study=study,
        sop_class_uid=RTStructureSetStorage,
        modality="RTSTRUCT",
        series="rtstruct",
        series_number=10,
        instance_number=1,
        description="Structures",
    )
    ds.StructureSetLabel = "PHANTOM"
    ds.StructureSetName = MARK
    ds.StructureSetDate, ds.StructureSetTime = study.date, study.time
    ds.FrameOfReferenceUID = study.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    ds.ReferencedFrameOfReferenceSequence = Sequence([_referenced_frame(study, volume)])
    ds.ApprovalStatus = "UNAPPROVED"
    regions, contours, observations = [], [], []
    for number, (name, mask) in enumerate(masks.items(), start=1):
        region = Dataset()
        region.ROINumber = number
        region.ReferencedFrameOfReferenceUID = study.frame_of_reference_uid
        region.ROIName = name
        region.ROIGenerationAlgorithm = "AUTOMATIC"
        regions.append(region)
        contours.append(_roi_contour(study, volume, number, name, mask))
        observation = Dataset()
        observation.ObservationNumber = number
        observation.ReferencedROINumber = number
        observation.RTROIInterpretedType = _INTERPRETED.get(name, "ORGAN")
        observation.ROIInterpreter = ""
        observations.append(observation)
    ds.StructureSetROISequence = Sequence(regions)
    ds.ROIContourSequence = Sequence(contours)
    ds.RTROIObservationsSequence = Sequence(observations)
    return ds


def _referenced_frame(study: PhantomStudy, volume: PhantomVolume) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = study.series_uid(CT_SERIES)
    images = []
    for index in range(volume.hu.shape[0]):
        image = Dataset()
        image.ReferencedSOPClassUID = CTImageStorage
        image.ReferencedSOPInstanceUID = study.instance_uid(CT_SERIES, index + 1)
        images.append(image)
    series.ContourImageSequence = Sequence(images)
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = _STUDY_COMPONENT
    referenced.ReferencedSOPInstanceUID = study.uid
    referenced.RTReferencedSeriesSequence = Sequence([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = study.frame_of_reference_uid
    frame.RTReferencedStudySequence = Sequence([referenced])
    return frame


def _roi_contour(
    study: PhantomStudy,
    volume: PhantomVolume,
    number: int,
    name: str,
    mask: NDArray[np.bool_],
) -> Dataset:
    roi = Dataset()
    roi.ROIDisplayColor = list(_COLOURS.get(name, (200, 200, 80)))
    roi.ReferencedROINumber = number
    contours = []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        for outline in outline_mask(mask[index]):
            voxels = np.column_stack(
                [outline[:, 1], outline[:, 0], np.full(len(outline), index), np.ones(len(outline))]
            )
            points = (voxels @ volume.affine_lps.T)[:, :3]
            contour = Dataset()
            image = Dataset()
            image.ReferencedSOPClassUID = CTImageStorage
            image.ReferencedSOPInstanceUID = study.instance_uid(CT_SERIES, int(index) + 1)
            contour.ContourImageSequence = Sequence([image])
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            contour.ContourData = [f"{value:.3f}" for value in points.ravel()]
            contours.append(contour)
    roi.ContourSequence = Sequence(contours)
    return roi


def write_plan(
    *,
    study: PhantomStudy,
    structures: Dataset,
    dose: SphericalDose,
    prescription_gy: float,
    fractions: int,
    target_roi: int,
) -> Dataset:
    """An RTPLAN with three coplanar photon beams on the target."""
    ds = new_object(
        study=study,
        sop_class_uid=RTPlanStorage,
        modality="RTPLAN",
        series="rtplan",
        series_number=11,
        instance_number=1,
        description="Plan",
    )
    ds.RTPlanLabel = "PHANTOM"
    ds.RTPlanName = MARK
    ds.RTPlanDate, ds.RTPlanTime = study.date, study.time
    ds.PlanIntent = "RESEARCH"
    ds.RTPlanGeometry = "PATIENT"
    ds.FrameOfReferenceUID = study.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    ds.ApprovalStatus = "UNAPPROVED"
    ds.ReferencedStructureSetSequence = Sequence([_reference(structures)])
    target = Dataset()
    target.DoseReferenceNumber = 1
    target.DoseReferenceStructureType = "VOLUME"
    target.ReferencedROINumber = target_roi
    target.DoseReferenceType = "TARGET"
    target.TargetPrescriptionDose = prescription_gy
    ds.DoseReferenceSequence = Sequence([target])
    ds.BeamSequence = Sequence(
        [_beam(n, angle, dose) for n, angle in enumerate((0.0, 120.0, 240.0), start=1)]
    )
    group = Dataset()
    group.FractionGroupNumber = 1
    group.NumberOfFractionsPlanned = fractions
    group.NumberOfBeams = len(ds.BeamSequence)
    group.NumberOfBrachyApplicationSetups = 0
    group.ReferencedBeamSequence = Sequence([_beam_use(n, prescription_gy / fractions / 3)
                                             for n in (1, 2, 3)])  # fmt: skip
    ds.FractionGroupSequence = Sequence([group])
    setup = Dataset()
    setup.PatientSetupNumber = 1
    setup.PatientPosition = "HFS"
    ds.PatientSetupSequence = Sequence([setup])
    return ds


def _beam_use(number: int, dose_gy: float) -> Dataset:
    use = Dataset()
    use.ReferencedBeamNumber = number
    use.BeamDose = round(dose_gy, 4)
    use.BeamMeterset = 120.0
    return use


def _beam(number: int, gantry_deg: float, dose: SphericalDose) -> Dataset:
    half = round(dose.half_radius_mm * 0.8, 1)
    beam = Dataset()
    beam.BeamNumber = number
    beam.BeamName = f"B{number}"
    beam.BeamType = "STATIC"
    beam.RadiationType = "PHOTON"
    beam.TreatmentMachineName = "PHANTOM"
    beam.PrimaryDosimeterUnit = "MU"
    beam.SourceAxisDistance = 1000
    beam.TreatmentDeliveryType = "TREATMENT"
    beam.NumberOfWedges = beam.NumberOfCompensators = beam.NumberOfBoli = beam.NumberOfBlocks = 0
    beam.FinalCumulativeMetersetWeight = 1
    beam.NumberOfControlPoints = 2
    beam.ReferencedPatientSetupNumber = 1
    devices = []
    for kind in ("ASYMX", "ASYMY"):
        device = Dataset()
        device.RTBeamLimitingDeviceType = kind
        device.NumberOfLeafJawPairs = 1
        devices.append(device)
    beam.BeamLimitingDeviceSequence = Sequence(devices)
    beam.ControlPointSequence = Sequence(
        [_first_control_point(gantry_deg, half, dose), _last_control_point()]
    )
    return beam


def _first_control_point(gantry_deg: float, half_mm: float, dose: SphericalDose) -> Dataset:
    point = Dataset()
    point.ControlPointIndex = 0
    point.NominalBeamEnergy = 6
    point.DoseRateSet = 600
    jaws = []
    for kind in ("ASYMX", "ASYMY"):
        jaw = Dataset()
        jaw.RTBeamLimitingDeviceType = kind
        jaw.LeafJawPositions = [-half_mm, half_mm]
        jaws.append(jaw)
    point.BeamLimitingDevicePositionSequence = Sequence(jaws)
    point.GantryAngle, point.GantryRotationDirection = gantry_deg, "NONE"
    point.BeamLimitingDeviceAngle, point.BeamLimitingDeviceRotationDirection = 0, "NONE"
    point.PatientSupportAngle, point.PatientSupportRotationDirection = 0, "NONE"
    point.TableTopEccentricAngle, point.TableTopEccentricRotationDirection = 0, "NONE"
    point.TableTopPitchAngle, point.TableTopPitchRotationDirection = 0, "NONE"
    point.TableTopRollAngle, point.TableTopRollRotationDirection = 0, "NONE"
    point.TableTopVerticalPosition = None
    point.TableTopLongitudinalPosition = None
    point.TableTopLateralPosition = None
    point.IsocenterPosition = [round(v, 3) for v in dose.centre_lps]
    point.CumulativeMetersetWeight = 0
    return point


def _last_control_point() -> Dataset:
    point = Dataset()
    point.ControlPointIndex = 1
    point.CumulativeMetersetWeight = 1
    return point


def write_dose(
    *, study: PhantomStudy, volume: PhantomVolume, plan: Dataset, dose: SphericalDose,
    grid_mm: float = 3.0,
) -> Dataset:  # fmt: skip
    """An RTDOSE on its own grid over the whole CT, in grays, 16 bit."""
    ds = new_object(
        study=study,
        sop_class_uid=RTDoseStorage,
        modality="RTDOSE",
        series="rtdose",
        series_number=12,
        instance_number=1,
        description="Dose",
    )
    reach = 150.0
    low, high = _dose_corners(volume, dose, reach)
    axes = [np.arange(low[i], high[i] + 1e-6, grid_mm) for i in range(3)]
    x, y, z = (axis - dose.centre_lps[i] for i, axis in enumerate(axes))
    radius = np.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
    grays = dose.at_radius(radius)
    scaling = float(f"{dose.maximum_gy / 65000:.8g}")
    stored = np.rint(grays / scaling).astype("<u2")
    set_pixels(ds, rows=stored.shape[1], columns=stored.shape[2], signed=False)
    ds.NumberOfFrames = stored.shape[0]
    ds.FrameIncrementPointer = 0x3004000C
    ds.GridFrameOffsetVector = [round(float(v - axes[2][0]), 4) for v in axes[2]]
    ds.ImagePositionPatient = [round(float(axis[0]), 4) for axis in axes]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [grid_mm, grid_mm]
    ds.SliceThickness = grid_mm
    ds.FrameOfReferenceUID = study.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    ds.ContentDate, ds.ContentTime = study.date, study.time
    ds.DoseUnits = "GY"
    ds.DoseType = "PHYSICAL"
    ds.DoseSummationType = "PLAN"
    ds.DoseGridScaling = scaling
    ds.TissueHeterogeneityCorrection = "IMAGE"
    ds.ReferencedRTPlanSequence = Sequence([_reference(plan)])
    ds.PixelData = stored.tobytes()
    return ds


def _dose_corners(
    volume: PhantomVolume, dose: SphericalDose, reach_mm: float
) -> tuple[list[float], list[float]]:
    low, high = [], []
    for axis in range(3):
        size = volume.hu.shape[2 - axis]
        first = float(volume.affine_lps[axis, 3])
        last = first + volume.spacing_mm[2 - axis] * (size - 1)
        low.append(max(first, dose.centre_lps[axis] - reach_mm))
        high.append(min(last, dose.centre_lps[axis] + reach_mm))
    return low, high


def _reference(target: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = target.SOPClassUID
    item.ReferencedSOPInstanceUID = target.SOPInstanceUID
    return item
