import { metaData } from '@cornerstonejs/core'

import type { FrameDescription, SeriesDescription } from './frames'
import { knownFrame } from './knownFrames'
import { paletteOf } from './palette'

/** What Cornerstone asks about an image, answered from the trimmed DICOM JSON. */
function provide(type: string, image_id: unknown): unknown {
  if (typeof image_id !== 'string') return undefined
  const entry = knownFrame(image_id)
  if (entry === null) return undefined
  const { frame, series } = entry
  switch (type) {
    case 'imagePixelModule':
      return pixelModuleOf(frame)
    case 'imagePlaneModule':
      return planeModuleOf(frame, series)
    case 'generalSeriesModule':
      return {
        // Cornerstone scales PET by itself when it hears 'PT'; our values are scaled already.
        modality: series.modality,
        seriesInstanceUID: series.series_instance_uid,
        studyInstanceUID: series.study_instance_uid,
      }
    case 'modalityLutModule':
      return { rescaleSlope: 1, rescaleIntercept: 0 }
    case 'voiLutModule':
      return {}
    case 'sopCommonModule':
      return { sopClassUID: frame.sop_class_uid, sopInstanceUID: frame.sop_instance_uid }
    default:
      return undefined
  }
}

function pixelModuleOf({ layout, dataset }: FrameDescription): Record<string, unknown> {
  return {
    ...(layout.photometric_interpretation === 'PALETTE COLOR' && paletteModuleOf(dataset)),
    samplesPerPixel: layout.samples_per_pixel,
    photometricInterpretation: layout.photometric_interpretation,
    planarConfiguration: layout.planar_configuration,
    rows: layout.rows,
    columns: layout.columns,
    bitsAllocated: layout.bits_allocated,
    bitsStored: layout.bits_stored,
    highBit: layout.bits_stored - 1,
    pixelRepresentation: layout.pixel_representation,
  }
}

function paletteModuleOf(dataset: FrameDescription['dataset']): Record<string, unknown> {
  const palette = paletteOf(dataset)
  if (palette === null) return {}
  return {
    redPaletteColorLookupTableDescriptor: palette.red.descriptor,
    greenPaletteColorLookupTableDescriptor: palette.green.descriptor,
    bluePaletteColorLookupTableDescriptor: palette.blue.descriptor,
    redPaletteColorLookupTableData: palette.red.data,
    greenPaletteColorLookupTableData: palette.green.data,
    bluePaletteColorLookupTableData: palette.blue.data,
  }
}

function planeModuleOf(
  frame: FrameDescription,
  series: SeriesDescription,
): Record<string, unknown> {
  const { plane } = frame
  return {
    frameOfReferenceUID: series.frame_of_reference_uid ?? `pixels-of-${frame.sop_instance_uid}`,
    rows: plane.rows,
    columns: plane.columns,
    imageOrientationPatient: [...plane.column_step, ...plane.row_step],
    rowCosines: [...plane.column_step],
    columnCosines: [...plane.row_step],
    imagePositionPatient: [...plane.origin_lps],
    sliceThickness: frame.slice_thickness_mm ?? 1,
    pixelSpacing: [plane.row_spacing_mm, plane.column_spacing_mm],
    rowPixelSpacing: plane.row_spacing_mm,
    columnPixelSpacing: plane.column_spacing_mm,
  }
}

let registered = false

export function registerMetadataProvider(): void {
  if (registered) return
  registered = true
  metaData.addProvider(provide, 10_000)
}
