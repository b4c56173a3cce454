import { add, scale, planeFrom, pixelPlane, isFiniteVec3, type ImagePlane } from '@/geometry'

import { calibrationOf, UNCALIBRATED, wholeScale, type Calibration } from './calibration'
import {
  itemOf,
  numberOf,
  numbersOf,
  personNameOf,
  sequenceOf,
  textOf,
  textsOf,
  type DicomDataset,
} from './dicomJson'
import {
  describeMap,
  realWorldOf,
  windowInRealWorld,
  type MapDescription,
  type RealWorldMapping,
} from './parametricMap'
import { acquisition_s, suvScaleOf, type SuvRefusal } from './suv'
import { arrangeStacks, type StackDescription, type WireStack } from './stacks'
import { rangeFromWindow, type VoiRange } from './voi'
import type { PixelLayout } from './pixelLayout'
import { slideOf, type Slide } from './wholeSlide'

/** What the numbers of an image mean after everything that was applied to them. */
export type ValueUnit =
  | 'HU'
  | 'SUVbw g/mL'
  | 'Bq/mL'
  | 'counts'
  | 'Gy'
  | ''
  /** Of a parametric map, as its file names it (UCUM). */
  | (string & {})

/** One picture of a series: an instance, or one frame of it. */
export interface FrameDescription {
  readonly image_id: string
  readonly sop_instance_uid: string
  readonly sop_class_uid: string
  /** From 1, as in DICOM. */
  readonly frame: number
  readonly instance_number: string
  readonly layout: PixelLayout
  /** Null where the image has no patient space. */
  readonly plane_lps: ImagePlane | null
  /** The plane the viewer draws on: `plane_lps`, or the pixels themselves. */
  readonly plane: ImagePlane
  readonly slice_thickness_mm: number | null
  /** What is known of millimetres within an image that has no patient space. */
  readonly calibration: Calibration
  /** `shown = factor × (slope × stored + intercept)`. */
  readonly slope: number
  readonly intercept: number
  readonly factor: number
  /** Stored values from first to last stand for something, others for nothing; null: all do. */
  readonly mapped: RealWorldMapping['mapped']
  /** Float Pixel Data; the stored values are no whole numbers. */
  readonly is_float: boolean
  readonly voi: VoiRange | null
  /** Of a whole-slide object: what part of it this picture is. */
  readonly slide: Slide | null
  readonly dataset: DicomDataset
}

export interface SeriesDescription {
  readonly study_instance_uid: string
  readonly series_instance_uid: string
  readonly frame_of_reference_uid: string | null
  readonly modality: string
  readonly series_number: string
  readonly series_description: string
  readonly study_date: string
  readonly patient: {
    readonly name: string
    readonly patient_id: string
    readonly birth_date: string
    readonly sex: string
    readonly deidentified: boolean
  }
  readonly synthetic: boolean
  readonly unit: ValueUnit
  /** Set on a PET whose window is not in SUV. */
  readonly suv_refusal: SuvRefusal | null
  readonly lossy: string | null
  /** Set on a parametric map. */
  readonly map: MapDescription | null
  /** Stack by stack. */
  readonly frames: readonly FrameDescription[]
  readonly stacks: readonly StackDescription[]
}

/** Image ids carry the archive key and the instance, never an origin or a patient. */
export const imageIdOf = (base_url: string, sop_instance_uid: string, frame: number): string =>
  `consilium:${base_url}/instances/${sop_instance_uid}/frames/${frame}`

export const urlOfImageId = (image_id: string): string => image_id.slice('consilium:'.length)

/** Where the series of an image is read from. */
export const baseOfImageId = (image_id: string): string => {
  const url = urlOfImageId(image_id)
  return url.slice(0, url.indexOf('/instances/'))
}

const isPet = (dataset: DicomDataset): boolean => textOf(dataset, '00080060') === 'PT'

/**
 * A series as the viewer needs it, from the metadata of its instances in slice order and the stacks
 * that the server found in it.
 *
 * @throws RangeError when there is no picture in it.
 */
export function describeSeries(
  instances: readonly DicomDataset[],
  base_url: string,
  stacks: readonly WireStack[] = [],
): SeriesDescription {
  const first = instances.find((dataset) => (numberOf(dataset, '00280010') ?? 0) > 0)
  if (first === undefined) throw new RangeError('the series holds no images')
  const earliest_s = earliestAcquisition_s(instances)
  const scales = isPet(first) ? instances.map((dataset) => suvScaleOf(dataset, earliest_s)) : []
  const refusal = scales.find((scale) => scale.kind === 'refused')
  const inSuv = scales.length > 0 && refusal === undefined
  const map = describeMap(first)
  const pictures = instances.map((dataset, index) => {
    const scale = scales[index]
    const factor = inSuv && scale?.kind === 'suv' ? scale.factor : 1
    return describeFrames(dataset, base_url, factor)
  })
  return {
    study_instance_uid: textOf(first, '0020000D'),
    series_instance_uid: textOf(first, '0020000E'),
    frame_of_reference_uid: textOf(first, '00200052') || null,
    modality: textOf(first, '00080060'),
    series_number: textOf(first, '00200011'),
    series_description: textOf(first, '0008103E'),
    study_date: textOf(first, '00080020'),
    patient: {
      name: personNameOf(first, '00100010'),
      patient_id: textOf(first, '00100020'),
      birth_date: textOf(first, '00100030'),
      sex: textOf(first, '00100040'),
      deidentified: textOf(first, '00120062') === 'YES',
    },
    synthetic: instances.some((dataset) => textOf(dataset, '0008001C') === 'YES'),
    unit: map === null ? unitOf(first, inSuv) : map.unit,
    suv_refusal: refusal?.kind === 'refused' ? refusal.reason : null,
    lossy: lossyOf(first),
    map,
    ...arrangeStacks(pictures, stacks),
  }
}

function earliestAcquisition_s(instances: readonly DicomDataset[]): number | null {
  const known = instances.map(acquisition_s).filter((value) => value !== null)
  return known.length > 0 ? known.reduce((a, b) => Math.min(a, b)) : null
}

function unitOf(dataset: DicomDataset, inSuv: boolean): ValueUnit {
  if (inSuv) return 'SUVbw g/mL'
  if (isPet(dataset)) return textOf(dataset, '00541001') === 'BQML' ? 'Bq/mL' : 'counts'
  if (textOf(dataset, '00080060') === 'CT') return 'HU'
  if (textOf(dataset, '00080060') === 'RTDOSE') return 'Gy'
  return ''
}

function lossyOf(dataset: DicomDataset): string | null {
  if (textOf(dataset, '00282110') !== '01') return null
  const ratio = numberOf(dataset, '00282112')
  return ratio === null ? '' : `${Number(ratio.toPrecision(3))}:1`
}

function describeFrames(
  dataset: DicomDataset,
  base_url: string,
  factor: number,
): FrameDescription[] {
  const rows = numberOf(dataset, '00280010')
  const columns = numberOf(dataset, '00280011')
  if (rows === null || columns === null || rows <= 0 || columns <= 0) return []
  const shared = itemOf(dataset, '52009229')
  const perFrame = sequenceOf(dataset, '52009230')
  const count = Math.max(1, numberOf(dataset, '00280008') ?? 1)
  const describe = (frame: number): FrameDescription =>
    describeFrame(dataset, base_url, factor, frame, shared, perFrame[frame - 1])
  const slides = slideOf(dataset)
  if (slides !== null) return slides.map(({ frame, slide }) => onSlide(describe(frame), slide))
  return Array.from({ length: count }, (_, index) => describe(index + 1))
}

/** A level of a slide as one picture; a tile of it stays what it is. */
function onSlide(frame: FrameDescription, slide: Slide): FrameDescription {
  if (slide.kind === 'tile') return { ...frame, slide }
  const { columns, rows } = slide.region
  const layout = { ...frame.layout, columns, rows }
  const plane = flatPlaneOf(layout, frame.dataset, frame.calibration)
  return { ...frame, image_id: `${frame.image_id}#region`, layout, plane, plane_lps: null, slide }
}

function describeFrame(
  dataset: DicomDataset,
  base_url: string,
  factor: number,
  frame: number,
  shared: DicomDataset | undefined,
  own: DicomDataset | undefined,
): FrameDescription {
  const layout = layoutOf(dataset)
  const macro = (tag: string): DicomDataset | undefined => itemOf(own, tag) ?? itemOf(shared, tag)
  const position = macro('00209113') ?? dataset
  const orientation = macro('00209116') ?? dataset
  const measures = macro('00289110') ?? dataset
  const transformation = macro('00289145') ?? dataset
  // A position without a frame of reference is comparable to nothing (LIVE-L1).
  const comparable = textOf(dataset, '00200052') !== ''
  const slope = numberOf(transformation, '00281053') ?? doseScalingOf(dataset) ?? 1
  const intercept = numberOf(transformation, '00281052') ?? 0
  const voi = factor === 1 ? voiOf(macro('00289132') ?? dataset, slope, layout) : null
  // Of the stored values, in place of the modality's own transformation.
  const real = realWorldOf(dataset, [own, shared])
  const first = comparable ? planeOf(layout, position, orientation, measures) : null
  const plane_lps = own === undefined ? offsetPlane(first, dataset, frame) : first
  const sop_instance_uid = textOf(dataset, '00080018')
  const calibration = plane_lps === null ? calibrationOf(dataset, frame) : UNCALIBRATED
  return {
    image_id: imageIdOf(base_url, sop_instance_uid, frame),
    sop_instance_uid,
    sop_class_uid: textOf(dataset, '00080016'),
    frame,
    instance_number: textOf(dataset, '00200013'),
    layout,
    plane_lps,
    plane: plane_lps ?? flatPlaneOf(layout, dataset, calibration),
    slice_thickness_mm: numberOf(measures, '00180050'),
    calibration,
    slope: real?.slope ?? slope,
    intercept: real?.intercept ?? intercept,
    factor,
    mapped: real?.mapped ?? null,
    // Whole numbers have a pixel representation, floats have none (PS3.3 C.7.6.24).
    is_float: layout.bits_allocated >= 32 && numberOf(dataset, '00280103') === null,
    voi: voi && real ? windowInRealWorld(voi, { slope, intercept }, real) : voi,
    slide: null,
    dataset,
  }
}

/**
 * The plane of one frame of a dose grid: its offset along the normal (PS3.3 C.8.8.3.2, the first
 * being zero). Several frames of one position, and no offsets, have no place each.
 */
function offsetPlane(
  first: ImagePlane | null,
  dataset: DicomDataset,
  frame: number,
): ImagePlane | null {
  const count = numberOf(dataset, '00280008') ?? 1
  if (first === null || count <= 1) return first
  const offsets = numbersOf(dataset, '3004000C')
  const offset = offsets[frame - 1]
  if (offsets.length !== count || offsets[0] !== 0 || !Number.isFinite(offset)) return null
  return { ...first, origin_lps: add(first.origin_lps, scale(first.normal, offset as number)) }
}

const doseScalingOf = (dataset: DicomDataset): number | null => numberOf(dataset, '3004000E')

function layoutOf(dataset: DicomDataset): PixelLayout {
  return {
    columns: numberOf(dataset, '00280011') ?? 0,
    rows: numberOf(dataset, '00280010') ?? 0,
    samples_per_pixel: numberOf(dataset, '00280002') ?? 1,
    photometric_interpretation: textOf(dataset, '00280004') || 'MONOCHROME2',
    planar_configuration: numberOf(dataset, '00280006') ?? 0,
    bits_allocated: numberOf(dataset, '00280100') ?? 16,
    bits_stored: numberOf(dataset, '00280101') ?? numberOf(dataset, '00280100') ?? 16,
    pixel_representation: numberOf(dataset, '00280103') ?? 0,
  }
}

function planeOf(
  layout: PixelLayout,
  position: DicomDataset,
  orientation: DicomDataset,
  measures: DicomDataset,
): ImagePlane | null {
  const image_position_lps = numbersOf(position, '00200032')
  const spacing = numbersOf(measures, '00280030')
  if (!isFiniteVec3(image_position_lps)) return null
  return planeFrom({
    image_position_lps,
    image_orientation: numbersOf(orientation, '00200037'),
    pixel_spacing_mm: [spacing[0] ?? 0, spacing[1] ?? 0],
    columns: layout.columns,
    rows: layout.rows,
  })
}

/** Non-square pixels look right; its unit is the pixel, whatever is known of millimetres. */
function flatPlaneOf(
  layout: PixelLayout,
  dataset: DicomDataset,
  calibration: Calibration,
): ImagePlane {
  const scale = wholeScale(calibration)
  if (scale) return pixelPlane(layout.columns, layout.rows, scale.row_mm / scale.column_mm)
  const [vertical = 0, horizontal = 0] = numbersOf(dataset, '00280034')
  const aspect = vertical > 0 && horizontal > 0 ? vertical / horizontal : 1
  return pixelPlane(layout.columns, layout.rows, aspect)
}

/** A window this many times wider than all values the pixels can hold is in another unit. */
const IMPOSSIBLY_WIDE = 4

/**
 * The window of the file, after the modality transformation (PS3.3 C.11.2). Some write it in stored
 * values all the same; where a small slope gives that away, the window is taken from the pixels.
 */
function voiOf(dataset: DicomDataset, slope: number, layout: PixelLayout): VoiRange | null {
  const centre = numberOf(dataset, '00281050')
  const width = numberOf(dataset, '00281051')
  if (centre === null || width === null || width <= 0) return null
  const possible = Math.abs(slope) * 2 ** layout.bits_stored
  if (width > IMPOSSIBLY_WIDE * possible) return null
  const exact = textsOf(dataset, '00281056')[0] === 'LINEAR_EXACT'
  return rangeFromWindow(centre, width, exact)
}
