import {
  instantOfDateTime_s,
  instantOf_s,
  itemOf,
  numberOf,
  textOf,
  textsOf,
  type DicomDataset,
} from './dicomJson'

/** Why the window of a PET is not in SUV. The screen says so in words. */
export type SuvRefusal =
  | 'not_attenuation_corrected'
  | 'units_not_supported'
  | 'weight_missing'
  | 'height_or_sex_missing'
  | 'dose_missing'
  | 'half_life_missing'
  | 'times_missing'
  | 'decay_correction_unknown'
  | 'suv_type_unknown'
  | 'vendor_factor_missing'

/** `SUVbw = factor × (slope × stored + intercept)`, or the reason why there is none. */
export type SuvScale =
  | { readonly kind: 'suv'; readonly factor: number }
  | { readonly kind: 'refused'; readonly reason: SuvRefusal }

const refused = (reason: SuvRefusal): SuvScale => ({ kind: 'refused', reason })

const DAY_S = 86_400

/** A dose below this is in MBq, whatever the standard says (QIBA). */
const SMALLEST_DOSE_BQ = 1e5
/** A weight above this is in grams. */
const LARGEST_WEIGHT_KG = 1000

interface Body {
  readonly weight_kg: number
  readonly height_cm: number | null
  readonly sex: string
}

function bodyOf(dataset: DicomDataset): Body | null {
  const weight = numberOf(dataset, '00101030')
  if (weight === null || weight <= 0) return null
  const height_m = numberOf(dataset, '00101020')
  return {
    weight_kg: weight > LARGEST_WEIGHT_KG ? weight / 1000 : weight,
    height_cm:
      height_m !== null && height_m > 0 ? (height_m > 3 ? height_m : height_m * 100) : null,
    sex: textOf(dataset, '00100040').toUpperCase(),
  }
}

/**
 * The factor from the modality value of a frame to SUVbw.
 *
 * `earliest_acquisition_s` is the earliest acquisition instant of the whole series: Series Time
 * counts as decay reference only when it is not after it (QIBA SUV profile).
 */
export function suvScaleOf(dataset: DicomDataset, earliest_acquisition_s: number | null): SuvScale {
  const body = bodyOf(dataset)
  switch (textOf(dataset, '00541001')) {
    case 'BQML':
      return fromActivity(dataset, body, earliest_acquisition_s)
    case 'GML':
      return fromStoredSuv(textOf(dataset, '00541006') || 'BW', body)
    case 'CM2ML':
      return fromStoredSuv(textOf(dataset, '00541006') || 'BSA', body)
    case 'CNTS':
      return fromCounts(dataset, body, earliest_acquisition_s)
    default:
      return refused('units_not_supported')
  }
}

function fromCounts(dataset: DicomDataset, body: Body | null, earliest_s: number | null): SuvScale {
  const suv = numberOf(dataset, '70531000')
  if (suv !== null && suv > 0) return { kind: 'suv', factor: suv }
  const activity = numberOf(dataset, '70531009')
  if (activity === null || activity <= 0) return refused('vendor_factor_missing')
  const scale = fromActivity(dataset, body, earliest_s)
  return scale.kind === 'suv' ? { kind: 'suv', factor: scale.factor * activity } : scale
}

function fromActivity(
  dataset: DicomDataset,
  body: Body | null,
  earliest_s: number | null,
): SuvScale {
  if (!textsOf(dataset, '00280051').includes('ATTN')) return refused('not_attenuation_corrected')
  if (body === null) return refused('weight_missing')
  const drug = itemOf(dataset, '00540016')
  const dose = numberOf(drug, '00181074')
  if (dose === null || dose <= 0) return refused('dose_missing')
  const dose_bq = dose < SMALLEST_DOSE_BQ ? dose * 1e6 : dose
  const weight_g = body.weight_kg * 1000
  const correction = textOf(dataset, '00541102')
  if (correction === 'ADMIN') return { kind: 'suv', factor: weight_g / dose_bq }
  const half_life_s = numberOf(drug, '00181075')
  if (half_life_s === null || half_life_s <= 0) return refused('half_life_missing')
  const decay = Math.LN2 / half_life_s
  if (correction === 'START') {
    const reference_s = decayReference_s(dataset, decay, earliest_s)
    const administered_s = administration_s(dataset, drug, reference_s)
    if (reference_s === null || administered_s === null) return refused('times_missing')
    const left_bq = dose_bq * Math.exp(-decay * (reference_s - administered_s))
    return { kind: 'suv', factor: weight_g / left_bq }
  }
  if (correction !== 'NONE') return refused('decay_correction_unknown')
  const acquired_s = acquisition_s(dataset)
  const administered_s = administration_s(dataset, drug, acquired_s)
  if (acquired_s === null || administered_s === null) return refused('times_missing')
  const exposure = decay * ((numberOf(dataset, '00181242') ?? 0) / 1000)
  const during = exposure > 0 ? exposure / (1 - Math.exp(-exposure)) : 1
  const factor = (weight_g / dose_bq) * during * Math.exp(decay * (acquired_s - administered_s))
  return { kind: 'suv', factor }
}

export function acquisition_s(dataset: DicomDataset): number | null {
  return (
    instantOf_s(textOf(dataset, '00080022'), textOf(dataset, '00080032')) ??
    instantOfDateTime_s(textOf(dataset, '0008002A'))
  )
}

function decayReference_s(
  dataset: DicomDataset,
  decay: number,
  earliest_s: number | null,
): number | null {
  const series_s = instantOf_s(textOf(dataset, '00080021'), textOf(dataset, '00080031'))
  if (series_s !== null && earliest_s !== null && series_s <= earliest_s) return series_s
  const vendor_s = instantOfDateTime_s(textOf(dataset, '0009100D'))
  if (vendor_s !== null) return vendor_s
  const acquired_s = acquisition_s(dataset)
  const duration_ms = numberOf(dataset, '00181242')
  const reference_ms = numberOf(dataset, '00541300')
  if (acquired_s === null || duration_ms === null || reference_ms === null) return null
  const exposure = decay * (duration_ms / 1000)
  if (!(exposure > 0)) return null
  const average_s = (1 / decay) * Math.log(exposure / (1 - Math.exp(-exposure)))
  return acquired_s + average_s - reference_ms / 1000
}

/** When the dose was given; a time of day after the scan belongs to the day before. */
function administration_s(
  dataset: DicomDataset,
  drug: DicomDataset | undefined,
  reference_s: number | null,
): number | null {
  const full_s = instantOfDateTime_s(textOf(drug, '00181078'))
  if (full_s !== null) return full_s
  if (reference_s === null) return null
  const date = textOf(dataset, '00080021') || textOf(dataset, '00080022')
  const day_s = instantOf_s(date, textOf(drug, '00181072'))
  if (day_s === null) return null
  return day_s > reference_s ? day_s - DAY_S : day_s
}

/** From a stored SUV of another normalisation to body weight. */
function fromStoredSuv(type: string, body: Body | null): SuvScale {
  if (type === 'BW') return { kind: 'suv', factor: 1 }
  if (body === null) return refused('weight_missing')
  const normaliser = normaliserOf(type, body)
  if (normaliser === 'unknown') return refused('suv_type_unknown')
  if (normaliser === null || !(normaliser > 0)) return refused('height_or_sex_missing')
  return { kind: 'suv', factor: body.weight_kg / normaliser }
}

/** What the dose was divided by instead of kilograms of body weight (PS3.16 D, clinical D4). */
function normaliserOf(type: string, body: Body): number | null | 'unknown' {
  const { weight_kg, height_cm, sex } = body
  if (!['LBM', 'LBMJAMES128', 'LBMJANMA', 'IBW', 'BSA'].includes(type)) return 'unknown'
  if (height_cm === null) return null
  if (type === 'BSA') return 0.007184 * weight_kg ** 0.425 * height_cm ** 0.725 * 10
  if (type === 'IBW') {
    const male = 48 + 1.06 * (height_cm - 152)
    const female = 45.5 + 0.91 * (height_cm - 152)
    return sex === 'M' ? male : sex === 'F' ? female : (male + female) / 2
  }
  if (sex !== 'M' && sex !== 'F') return null
  if (type === 'LBMJANMA') {
    const bmi = weight_kg / (height_cm / 100) ** 2
    const [base, slope] = sex === 'M' ? [6680, 216] : [8780, 244]
    return (9270 * weight_kg) / (base + slope * bmi)
  }
  // SUV Type LBM does not name its formula; as on the server, James with 128 is taken.
  const [gain, loss] = sex === 'M' ? [1.1, 128] : [1.07, 148]
  return gain * weight_kg - loss * (weight_kg / height_cm) ** 2
}
