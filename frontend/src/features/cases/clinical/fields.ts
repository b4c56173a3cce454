import type { KindOfEntry } from '@/api/clinical'

type Said = Record<string, unknown>

/** One field of an entry's form; words of choices are `clinical:word.<words>.<value>`. */
export interface FieldSpec {
  name: string
  kind: 'text' | 'area' | 'choice' | 'code' | 'date' | 'number' | 'checks' | 'yesno' | 'table'
  words?: string
  values?: readonly string[]
  /** Code system of a `code` field. */
  system?: string
  required?: boolean
  wide?: boolean
  /** Shown only where it makes sense; what is not shown is sent empty. */
  when?: (said: Said) => boolean
}

const choice = (name: string, words: string, values: readonly string[], more: Partial<FieldSpec> = {}): FieldSpec => ({
  name,
  kind: 'choice',
  words,
  values,
  ...more,
})
const is = (name: string, ...values: string[]) => (said: Said) => values.includes(String(said[name] ?? ''))

export const CHARLSON = [
  'myocardial_infarction', 'heart_failure', 'peripheral_vascular', 'cerebrovascular', 'dementia', 'chronic_pulmonary',
  'connective_tissue', 'peptic_ulcer', 'mild_liver', 'severe_liver', 'diabetes', 'diabetes_end_organ', 'hemiplegia', 'renal',
  'solid_tumour', 'metastatic_tumour', 'leukaemia', 'lymphoma', 'aids',
] as const
export const SOURCES = ['clinician', 'pathology_report', 'radiology_report', 'laboratory', 'referral_letter', 'patient', 'other'] as const

const TNM = is('scheme', 'tnm')
const GENE = is('kind', 'variant', 'fusion', 'copy_number')
const VARIANT = is('kind', 'variant')
const NUMBERED = is('kind', 'receptor', 'tmb', 'copy_number', 'other')

export const FIELDS: Record<KindOfEntry, FieldSpec[]> = {
  referrals: [
    choice('reason', 'referralReason', ['first_diagnosis', 'recurrence', 'pre_operative', 'post_operative', 'other'], { required: true }),
    { name: 'is_new_problem', kind: 'yesno' },
    { name: 'referrer', kind: 'text' },
    { name: 'institution', kind: 'text' },
    { name: 'wanted_on', kind: 'date' },
  ],
  diagnoses: [
    { name: 'icd10_code', kind: 'code', system: 'icd-10', wide: true },
    { name: 'morphology_code', kind: 'code', system: 'icd-o-3' },
    { name: 'snomed_code', kind: 'code', system: 'snomed-ct' },
    choice('certainty', 'certainty', ['confirmed', 'provisional', 'differential', 'refuted'], { required: true }),
    choice('laterality', 'laterality', ['left', 'right', 'bilateral', 'midline']),
    { name: 'text', kind: 'area', wide: true },
  ],
  stagings: [
    choice('scheme', 'scheme', ['tnm', 'figo', 'lugano', 'bclc', 'iss', 'other'], { required: true }),
    choice('edition', 'edition', ['uicc_8', 'uicc_9', 'ajcc_8', 'ajcc_9', 'uicc_7', 'ajcc_7'], { when: TNM, required: true }),
    choice('prefix', 'prefix', ['c', 'p', 'yc', 'yp', 'r', 'a'], { when: TNM, required: true }),
    { name: 't', kind: 'text', when: TNM },
    { name: 'n', kind: 'text', when: TNM },
    { name: 'm', kind: 'text', when: TNM },
    { name: 'table', kind: 'table', when: TNM },
    { name: 'group', kind: 'text', when: (said) => !said.table },
  ],
  performance: [
    choice('scale', 'scale', ['ecog', 'kps'], { required: true }),
    { name: 'value', kind: 'number', required: true },
  ],
  comorbidities: [
    { name: 'conditions', kind: 'checks', words: 'charlson', values: CHARLSON, wide: true },
    { name: 'text', kind: 'area', wide: true },
  ],
  preferences: [{ name: 'text', kind: 'area', wide: true, required: true }],
  allergies: [
    { name: 'substance', kind: 'text', required: true },
    { name: 'reaction', kind: 'text' },
    choice('criticality', 'criticality', ['low', 'high', 'unable_to_assess'], { required: true }),
  ],
  biomarkers: [
    choice('kind', 'biomarker', ['variant', 'fusion', 'copy_number', 'receptor', 'msi', 'tmb', 'other'], { required: true }),
    { name: 'gene', kind: 'code', system: 'hgnc', when: GENE, required: true },
    { name: 'partner_gene', kind: 'code', system: 'hgnc', when: is('kind', 'fusion') },
    { name: 'hgvs_p', kind: 'text', when: VARIANT },
    { name: 'hgvs_c', kind: 'text', when: VARIANT },
    { name: 'vaf_percent', kind: 'number', when: VARIANT },
    choice('analyte', 'analyte', ['er', 'pr', 'her2', 'pd_l1', 'ki_67', 'ar', 'mmr', 'cldn18_2', 'other'], {
      when: is('kind', 'receptor'),
      required: true,
    }),
    choice(
      'result',
      'result',
      ['detected', 'not_detected', 'positive', 'negative', 'low', 'high', 'equivocal', 'stable', 'msi_low', 'msi_high', 'pending', 'failed'],
      { required: true },
    ),
    { name: 'value', kind: 'number', when: NUMBERED },
    choice('unit', 'unit', ['percent', 'tps_percent', 'cps', 'ic_percent', 'ihc_score', 'mut_per_mb', 'copies', 'ratio'], { when: NUMBERED }),
    choice('specimen', 'specimen', ['primary', 'metastasis', 'lymph_node', 'blood', 'fluid', 'bone_marrow', 'germline', 'other']),
    { name: 'specimen_detail', kind: 'text' },
    { name: 'method', kind: 'text' },
  ],
  treatments: [
    choice(
      'kind',
      'treatment',
      ['surgery', 'radiotherapy', 'systemic', 'chemoradiation', 'intervention', 'transplant', 'supportive', 'active_surveillance', 'other'],
      { required: true },
    ),
    { name: 'description', kind: 'text', required: true },
    choice('intent', 'intent', ['curative', 'neoadjuvant', 'adjuvant', 'palliative', 'diagnostic']),
    { name: 'ended_on', kind: 'text' },
    choice('outcome', 'outcome', [
      'planned', 'ongoing', 'completed', 'stopped_progression', 'stopped_toxicity', 'stopped_patient_wish', 'stopped_other',
    ]),
  ],
}

export const KINDS = Object.keys(FIELDS) as KindOfEntry[]

/** What a form starts with: what stands, or nothing. */
export function startOf(kind: KindOfEntry, before?: Said): Said {
  const said: Said = { on: before?.on ?? '', source: before?.source ?? 'clinician', note: before?.note ?? '' }
  for (const { name, kind: shape } of FIELDS[kind]) {
    const known = before?.[name]
    said[name] = known ?? (shape === 'checks' || shape === 'yesno' || shape === 'number' || shape === 'table' ? null : '')
  }
  if (kind === 'stagings' && !before) said.scheme = 'tnm'
  return said
}

/** What is sent: fields that are not shown are emptied, so that nothing stays that nobody sees. */
export function toSend(kind: KindOfEntry, said: Said): Said {
  const sent: Said = { on: said.on || null, source: said.source, note: said.note }
  for (const { name, kind: shape, when } of FIELDS[kind]) {
    const isShown = when ? when(said) : true
    const empty = shape === 'checks' || shape === 'yesno' || shape === 'number' || shape === 'table' || shape === 'date' ? null : ''
    let value = isShown ? said[name] : empty
    if (value === '' || value === undefined) value = empty
    if (shape === 'code' && typeof value === 'string') value = codeOf(value)
    if (shape === 'table' && !value) continue
    if (name === 'ended_on') value = value || null
    sent[name] = value
  }
  if (sent.table) delete sent.group
  return sent
}

/** An option of the look-up reads "C34.1 Malignant neoplasm …"; its code is the first word. */
export const codeOf = (typed: string): string => typed.trim().split(/\s+/)[0] ?? ''

/** The first field that is needed and empty. */
export function missingOf(kind: KindOfEntry, said: Said): string | null {
  const missing = FIELDS[kind].find(
    ({ name, required, when }) => required && (when ? when(said) : true) && (said[name] === '' || said[name] === null || said[name] === undefined),
  )
  return missing?.name ?? null
}
