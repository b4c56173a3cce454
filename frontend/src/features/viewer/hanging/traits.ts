import type { SeriesSelector } from '@/api/hangings'
import type { Series, Study } from '@/api/types'

type Wanted = Pick<
  SeriesSelector,
  'orientation' | 'phase' | 'kernel' | 'laterality' | 'projection'
>
type Traits = { readonly [Name in keyof Wanted]: Wanted[Name] } & {
  readonly weighting: NonNullable<SeriesSelector['weighting']>[number] | null
}

/**
 * What a series is, as far as its description tells. Descriptions are written by people: what is
 * not found is unknown (null), which excludes nothing.
 */
export interface SeriesTraits extends Traits {
  readonly text: string
  /** A scout, a test of the contrast agent, a page of the scanner: pictures nobody asks for first. */
  readonly isAside: boolean
}

/** A word within a description; digits, signs and underlines end words. */
const word = (...alternatives: string[]): RegExp =>
  new RegExp(`(^|[^a-z])(${alternatives.join('|')})(?![a-z])`)

type Rules<Value> = readonly (readonly [Value, RegExp])[]

const ORIENTATIONS: Rules<'axial' | 'sagittal' | 'coronal'> = [
  ['axial', word('ax', 'axial', 'tra', 'trans', 'transversal', 'transverse')],
  ['sagittal', word('sag', 'sagittal')],
  ['coronal', word('cor', 'coronal')],
]
const CONTRAST = word('gad', 'gd', 'km', 'ce', 'contrast', 'post', '\\+c', 'c\\+', 'mprage\\+')
const WEIGHTINGS: Rules<NonNullable<Traits['weighting']>> = [
  ['flair', word('flair')],
  ['adc', word('adc')],
  ['dwi', word('dwi', 'diff', 'diffusion', 'trace', 'tracew')],
  ['swi', word('swi', 'swan', 'venobold')],
  ['perfusion', word('perf', 'perfusion', 'dsc', 'cbv', 'cbf')],
  ['dynamic', word('dyn', 'dynamic', 'dce', 'ser', 'vibrant', 'twist', 'dynaviews')],
  ['t1', /(^|[^a-z])t1/],
  ['t2', /(^|[^a-z])t2/],
]
const PHASES: Rules<'native' | 'arterial' | 'portal' | 'delayed'> = [
  ['native', word('native', 'nativ', 'non contrast', 'noncontrast', 'without', 'plain', 'wo', 'pre')],
  ['arterial', word('arterial', 'art', 'hap')],
  ['portal', word('portal', 'portalvenous', 'pv', 'pvp', 'venous', 'ven')],
  ['delayed', word('delayed', 'delay', 'late', 'equilibrium')],
]
const KERNELS: Rules<'soft' | 'lung' | 'bone'> = [
  ['lung', word('lung', 'lunge', 'pulmo')],
  ['bone', word('bone', 'knochen', 'os')],
  ['soft', word('soft', 'std', 'standard', 'mediastinum', 'abdomen', 'weichteil')],
]
const SIDES: Rules<'R' | 'L'> = [
  ['R', word('r', 'right', 'rcc', 'rmlo', 'rechts')],
  ['L', word('l', 'left', 'lcc', 'lmlo', 'links')],
]
const PROJECTIONS: Rules<'cc' | 'mlo' | 'frontal' | 'lateral'> = [
  ['cc', word('cc', 'rcc', 'lcc')],
  ['mlo', word('mlo', 'rmlo', 'lmlo')],
  ['frontal', word('pa', 'ap', 'frontal')],
  ['lateral', word('lat', 'lateral')],
]

const ASIDE = word(
  'scout', 'localizer', 'localiser', 'loc', 'topogram', 'surview', 'pilot', 'scanogram',
  'smartprep', 'bolus tracking', 'test bolus', 'premonitoring', 'monitoring', 'tracker',
  'dose report', 'dose info', 'patient protocol', 'screen save', 'screensave', 'vrt',
)
/** A level of the spine, not a side. */
const LUMBAR = /(^|[^a-z])l[- ]?spine/g

const first = <Value>(rules: Rules<Value>, text: string): Value | null =>
  rules.find(([, pattern]) => pattern.test(text))?.[0] ?? null

export function traitsOf(series: Series): SeriesTraits {
  const text = series.description.toLowerCase()
  const weighting = first(WEIGHTINGS, text)
  return {
    text,
    orientation: facetOrientation(series) ?? first(ORIENTATIONS, text),
    weighting: weighting === 't1' && CONTRAST.test(text) ? 't1c' : weighting,
    phase: phaseOf(text),
    kernel: first(KERNELS, text),
    laterality: sideOf(series) ?? first(SIDES, text.replace(LUMBAR, ' ')),
    projection: first(PROJECTIONS, text),
    isAside: ASIDE.test(text),
  }
}

/** "Pre and post" is not the phase before the contrast agent. */
function phaseOf(text: string): Traits['phase'] {
  const phase = first(PHASES, text)
  return phase === 'native' && word('post').test(text) ? null : phase
}

/** The header says it; people who write descriptions may. */
const sideOf = ({ laterality }: Series): 'R' | 'L' | null =>
  laterality === 'R' || laterality === 'L' ? laterality : null

/** The archive knows the orientation of a series that has several. */
function facetOrientation(series: Series): 'axial' | 'sagittal' | 'coronal' | null {
  const told = series.stacks?.[0]?.facets.find(({ axis }) => axis === 'orientation')?.value
  return told === 'axial' || told === 'sagittal' || told === 'coronal' ? told : null
}

const REGIONS: Readonly<Record<string, readonly string[]>> = {
  head: ['BRAIN', 'HEAD', 'SKULL', 'CEREBRUM', 'NEURO'],
  neck: ['NECK', 'HEADNECK', 'LARYNX', 'THYROID'],
  chest: ['CHEST', 'LUNG', 'THORAX', 'CHESTABDPELVIS', 'CHESTABDOMEN', 'MEDIASTINUM'],
  breast: ['BREAST', 'MAMMA'],
  abdomen: ['ABDOMEN', 'LIVER', 'PANCREAS', 'KIDNEY', 'ABDOMENPELVIS', 'CHESTABDPELVIS', 'CHESTABDOMEN'],
  pelvis: ['PELVIS', 'PROSTATE', 'RECTUM', 'UTERUS', 'BLADDER', 'ABDOMENPELVIS', 'CHESTABDPELVIS'],
  extremity: ['EXTREMITY', 'LEG', 'ARM', 'THIGH', 'KNEE'],
}
const EVERYWHERE = ['WHOLEBODY', 'BODY']

const letters = (value: string): string => value.toUpperCase().replace(/[^A-Z]/g, '')

/** Regions that a body part, or the words of a description, name. Empty: not known. */
export function regionsOf(series: Series, study?: Study): ReadonlySet<string> {
  const named = letters(series.body_part)
  const all = Object.keys(REGIONS)
  if (EVERYWHERE.includes(named)) return new Set(all)
  const byPart = all.filter((region) => named !== '' && REGIONS[region]?.includes(named))
  if (byPart.length > 0) return new Set(byPart)
  const words = `${series.description} ${study?.description ?? ''}`.toUpperCase().split(/[^A-Z]+/)
  return new Set(all.filter((region) => REGIONS[region]?.some((part) => words.includes(part))))
}

/** Whether two series may show the same part of the body; what nobody recorded speaks against none. */
export const mayBeSameRegion = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === 0 || b.size === 0 || [...a].some((region) => b.has(region))

/** Whether a body part of a rule is meant by these regions. */
export const regionsInclude = (regions: ReadonlySet<string>, part: string): boolean =>
  Object.entries(REGIONS).some(
    ([region, parts]) => regions.has(region) && parts.includes(letters(part)),
  )
