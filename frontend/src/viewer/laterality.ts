import { itemOf, sequenceOf, textOf } from './dicomJson'
import type { FrameDescription } from './frames'

/** PS3.3 C.7.3.1.1.1, C.8.11.8: right, left, both, unpaired. */
export type Side = 'R' | 'L' | 'B' | 'U'

/** Of these there are two, and a projection shows one. Whole words: a HEART has no EAR. */
const PAIRED =
  /\b(BREAST|KNEE|HIP|SHOULDER|HAND|FOOT|ANKLE|WRIST|ELBOW|FEMUR|TIBIA|HUMERUS|FOREARM|ARM|LEG|EYE|ORBIT|EAR|KIDNEY|ADRENAL|OVARY|TESTIS|CLAVICLE|SCAPULA|FINGER|TOE|THUMB|CALCANEUS)\b/
/** Projections show one side without saying which; slices show where they lie. */
const PROJECTIONS = new Set(['MG', 'DX', 'CR', 'RF', 'XA', 'IO', 'PX', 'US', 'OP', 'OPT', 'XC'])

const isSide = (text: string): text is Side => text === 'R' || text === 'L' || text === 'B' || text === 'U'

/**
 * The side that a picture is of: Image Laterality, the frame's, or the series'. `missing` where a
 * paired organ is projected and the file does not say; null where nothing needs to be said.
 */
export function lateralityOf({ dataset, frame }: FrameDescription): Side | 'missing' | null {
  const own = itemOf(sequenceOf(dataset, '52009230')[frame - 1], '00209071')
  const shared = itemOf(itemOf(dataset, '52009229'), '00209071')
  const said = [
    textOf(dataset, '00200062'),
    textOf(own, '00209072'),
    textOf(shared, '00209072'),
    textOf(dataset, '00200060'),
  ].find(isSide)
  if (said !== undefined) return said === 'U' ? null : said
  const modality = textOf(dataset, '00080060')
  const part = textOf(dataset, '00180015').toUpperCase()
  const isPaired = modality === 'MG' || PAIRED.test(part)
  return isPaired && PROJECTIONS.has(modality) ? 'missing' : null
}
