"""What every phantom object says about its patient, study, series and equipment."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

_NAMESPACE = UUID("8a4d36a1-6a0b-5d0e-9b43-0f3a6c1f7d55")
ISSUER = "CONSILIUM-DEMO"
MARK = "SYNTHETIC PHANTOM"
MANUFACTURER = "Consilium"
MODEL_NAME = "Procedural phantom"
SOFTWARE = "phantom 1"


def make_uid(*parts: object) -> str:
    """A UID that is the same on every run (PS3.5 B.2, from a name-based UUID)."""
    return f"2.25.{uuid5(_NAMESPACE, '/'.join(str(p) for p in parts)).int}"


@dataclass(frozen=True)
class PhantomPatient:
    """Who the phantom pretends to be; dates as DICOM DA."""

    patient_id: str
    name: str
    birth_date: str
    sex: str
    weight_kg: float = 74.0
    height_m: float = 1.72


@dataclass(frozen=True)
class PhantomStudy:
    """One examination; ``key`` tells a patient's studies apart and fixes their UIDs."""

    patient: PhantomPatient
    key: str
    date: str
    time: str
    description: str
    accession_number: str

    @property
    def uid(self) -> str:
        return make_uid("study", self.patient.patient_id, self.key)

    @property
    def frame_of_reference_uid(self) -> str:
        return make_uid("frame of reference", self.patient.patient_id, self.key)

    def series_uid(self, name: str) -> str:
        return make_uid("series", self.patient.patient_id, self.key, name)

    def instance_uid(self, series: str, number: int) -> str:
        return make_uid("instance", self.patient.patient_id, self.key, series, number)


def new_object(
    *,
    study: PhantomStudy,
    sop_class_uid: str,
    modality: str,
    series: str,
    series_number: int,
    instance_number: int,
    description: str,
) -> Dataset:
    """An object with patient, study, series, equipment and SOP common modules filled in."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class_uid
    ds.SOPInstanceUID = study.instance_uid(series, instance_number)
    ds.InstanceCreationDate = study.date
    ds.InstanceCreationTime = study.time
    ds.SyntheticData = "YES"
    _set_patient(ds, study.patient)
    ds.StudyInstanceUID = study.uid
    ds.StudyDate, ds.StudyTime = study.date, study.time
    ds.AccessionNumber = study.accession_number
    ds.StudyID = study.accession_number[-6:]
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = f"{study.description} [{MARK}]"
    ds.Modality = modality
    ds.SeriesInstanceUID = study.series_uid(series)
    ds.SeriesNumber = series_number
    ds.SeriesDate, ds.SeriesTime = study.date, study.time
    ds.SeriesDescription = f"{description} [{MARK}]"
    ds.OperatorsName = ""
    ds.Manufacturer = MANUFACTURER
    ds.ManufacturerModelName = MODEL_NAME
    ds.SoftwareVersions = SOFTWARE
    ds.InstitutionName = "Consilium demo hospital"
    ds.DeviceSerialNumber = "0"
    ds.InstanceNumber = instance_number
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def _set_patient(ds: Dataset, patient: PhantomPatient) -> None:
    ds.PatientName = patient.name
    ds.PatientID = patient.patient_id
    ds.IssuerOfPatientID = ISSUER
    ds.PatientBirthDate = patient.birth_date
    ds.PatientSex = patient.sex
    ds.PatientSize = patient.height_m
    ds.PatientWeight = patient.weight_kg
    ds.PatientComments = f"{MARK}: computed, nobody was examined"


def set_axial_plane(
    ds: Dataset,
    *,
    study: PhantomStudy,
    origin_lps: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
) -> None:
    """Frame of reference and image plane of one axial slice (PS3.3 C.7.4.1, C.7.6.2)."""
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = study.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [round(v, 4) for v in origin_lps]
    ds.PixelSpacing = [spacing_mm[1], spacing_mm[2]]
    ds.SliceThickness = spacing_mm[0]
    ds.SpacingBetweenSlices = spacing_mm[0]
    ds.SliceLocation = round(origin_lps[2], 4)


def set_pixels(ds: Dataset, *, rows: int, columns: int, signed: bool) -> None:
    """Image pixel module of a 16 bit grey image; the caller adds PixelData."""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(signed)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A code sequence item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
