"""Why a file is not the mask of a series. The user sees it where the file was chosen."""

from typing import Any

from apps.core.exceptions import InvalidInput

REASONS: dict[str, str] = {
    "not_nifti": "The file is not NIfTI-1: it does not say so where it should.",
    "nifti2_unsupported": "The file is NIfTI-2; only NIfTI-1 is read.",
    "nifti_pair": "The file is half of a pair (.hdr and .img); send one .nii or .nii.gz.",
    "bad_gzip": "The file is damaged: its compressed data cannot be read to the end.",
    "bad_header": "The header contradicts itself.",
    "bad_dimensions": "The header gives sizes that cannot be.",
    "not_3d": "The mask has more than three dimensions.",
    "bad_vox_offset": "The header puts the voxels where they cannot be.",
    "unsupported_datatype": "The voxels are of a kind that cannot be labels.",
    "scaled_labels": "The file scales its values; labels are whole numbers as they are stored.",
    "truncated": "The file holds fewer voxels than its header says.",
    "trailing_data": "The file goes on after its last voxel.",
    "too_large": "The file is larger than a mask of this series can be.",
    "non_finite_labels": "Some voxels are not a number.",
    "non_integer_labels": "Some voxels are not whole numbers: is this a probability map?",
    "negative_labels": "Some voxels are below zero.",
    "label_out_of_range": "A label is larger than 65535.",
    "too_many_labels": "The mask has more labels than a segmentation can have segments.",
    "empty_mask": "No voxel of the mask is set.",
    "not_millimetres": "The file gives its geometry in another unit than millimetres.",
    "no_orientation": "Nothing in the file says where the mask lies in the patient.",
    "bad_affine": "The file's geometry cannot be read.",
    "ambiguous_orientation": "The file's two descriptions of its place (sform, qform) differ.",
    "different_shape": "The mask has another size than the series.",
    "different_place": "The mask does not lie on the voxels of the series.",
}


class NiftiRefused(InvalidInput):
    """A file that is not read, or not laid on the series: ``error_code`` is one of ``REASONS``."""

    code = "nifti_refused"

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(REASONS[code], code=code, details=details)
