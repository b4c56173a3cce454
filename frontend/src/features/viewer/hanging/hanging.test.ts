import { describe, expect, it } from 'vitest'

import type { Hanging } from '@/api/hangings'
import type { Series, Study } from '@/api/types'
// The very document that the server validates and gives out.
import builtin from '../../../../../apps/boards/hangings/builtin.json'

import { selectorFor } from './capture'
import { factsOf } from './facts'
import { identitiesOf } from './identities'
import { gridFor, hangCase, matchesOf } from './match'
import { candidates } from './select'
import { regionsOf, traitsOf } from './traits'
import { nextStep } from './useHanging'

const OWNED = {
  id: null,
  name: '',
  source: 'builtin',
  board: null,
  board_name: '',
  is_default: true,
  version: 0,
  may_change: false,
} as const
/** As the server fills them in. */
const filled = (one: (typeof builtin)[number]): Hanging => {
  const selector = (told: object | undefined) =>
    told === undefined ? null : { time_point: 0, rank: 1, is_named: false, in_space_of: null, ...told }
  const steps = one.document.steps.map((step) => ({
    name: '',
    reference_lines: false,
    ...step,
    cells: step.cells.map((cell: Record<string, unknown>) => ({
      display: 'stack',
      preset: null,
      window: null,
      link_group: null,
      leads: false,
      cine: false,
      ...cell,
      series: selector(cell.series as object),
      under: selector(cell.under as object | undefined),
    })),
  }))
  const match = { time_points_min: 1, time_points_max: null, min_series: 1, ...one.document.match }
  return { ...OWNED, key: one.key, document: { match, steps } } as unknown as Hanging
}
const BUILTIN = builtin.map(filled)

const series = (uid: string, modality: string, description = '', images = 40, body_part = '') =>
  ({
    id: uid,
    series_instance_uid: uid,
    modality,
    description,
    body_part,
    number: null,
    instance_count: images,
    frame_count: images,
    stacks: [],
  }) as unknown as Series

const study = (date: string, list: Series[], more: Partial<Study> = {}): Study =>
  ({
    id: date,
    study_instance_uid: `study ${date} ${list[0]?.series_instance_uid}`,
    study_date: date,
    study_time: '',
    description: '',
    state: 'ready',
    mismatch_confirmed: false,
    patient: { patient_id: 'P', name: 'N', birth_date: null, sex: '' },
    series: list,
    ...more,
  }) as unknown as Study

const hang = (studies: Study[], hangings = BUILTIN, tumour = 'other') => {
  const match = hangCase(factsOf(studies, identitiesOf(studies, false), tumour), hangings)
  const [step] = match?.steps ?? []
  return {
    key: match?.hanging.key || match?.hanging.name,
    grid: step && `${step.rows}x${step.columns}`,
    shown: step?.cells.map((cell) => cell.series?.uid ?? '') ?? [],
  }
}

describe('the built-in protocols', () => {
  it('hang a CT alone, and with a prior of the same part of the body', () => {
    const current = study('2026-03-03', [series('scout', 'CT', '', 2), series('ct', 'CT', '', 120, 'CHEST')])
    expect(hang([current])).toEqual({ key: 'single_ct', grid: '1x1', shown: ['ct'] })
    const head = study('2025-12-01', [series('head', 'CT', '', 30, 'BRAIN')])
    const prior = study('2025-01-01', [series('old', 'CT', '', 90, 'THORAX')])
    const mr = study('2025-09-09', [series('mr', 'MR')])
    expect(hang([prior, current, head, mr])).toEqual({
      key: 'ct_current_prior',
      grid: '1x2',
      shown: ['ct', 'old'],
    })
  })

  it('hang PET and CT of one day together, though they are studies of their own', () => {
    const hung = hang([
      study('2026-03-03', [series('ct', 'CT'), series('rt', 'RTSTRUCT')]),
      study('2026-03-03', [series('pt', 'PT')]),
    ])
    expect(hung).toEqual({ key: 'pet_ct', grid: '2x2', shown: ['ct', 'pt', 'pt', 'pt'] })
  })

  it('put the sequences of a brain where they belong, without holes', () => {
    const brain = study('2026-03-03', [
      series('gad', 'MR', 'BRAIN_STRYKER/T1_SAG_GAD', 16, 'BRAIN'),
      series('t1', 'MR', 'BRAIN_STRYKER/t1_AX', 20, 'BRAIN'),
    ])
    expect(hang([brain])).toEqual({ key: 'brain_mr', grid: '1x2', shown: ['gad', 't1'] })
    const full = study('2026-03-03', [
      series('dwi', 'MR', 'ep2d_diff_3scan_trace', 40, 'HEAD'),
      series('t2', 'MR', 't2_tse_tra', 30, 'HEAD'),
      series('flair', 'MR', 'FLAIR cor', 30, 'HEAD'),
      series('t1', 'MR', 't1_se_tra', 30, 'HEAD'),
      series('gad', 'MR', 't1_mprage_post KM', 160, 'HEAD'),
    ])
    expect(hang([full]).shown).toEqual(['gad', 'flair', 't1', 'dwi'])
  })

  it('hang breast, liver, plan, film, ultrasound and slide', () => {
    const breast = study('2026-01-01', [series('dyn', 'MR', 'DCE sag', 60, 'BREAST'), series('t2', 'MR', 'T2 tra', 30, 'BREAST')])
    expect(hang([breast])).toMatchObject({ key: 'breast_mr', shown: ['dyn', 't2'] })
    const liver = study('2026-01-01', [
      series('p', 'CT', 'Liver portal venous'),
      series('a', 'CT', 'Liver arterial'),
      series('n', 'CT', 'Liver native'),
    ])
    expect(hang([liver])).toMatchObject({ key: 'liver_multiphase', shown: ['n', 'a', 'p'] })
    const plan = study('2026-01-01', [series('ct', 'CT'), series('rp', 'RTPLAN'), series('rs', 'RTSTRUCT')])
    expect(hang([plan])).toMatchObject({ key: 'rt_plan', shown: ['ct'] })
    const film = study('2026-01-01', [series('l', 'DX', 'Hand L', 1), series('r', 'DX', 'Hand R', 1)])
    expect(hang([film])).toMatchObject({ key: 'plain_film', grid: '1x2', shown: ['r', 'l'] })
    const mammo = study('2026-01-01', ['LMLO', 'LCC', 'RCC', 'RMLO'].map((name) => series(name, 'MG', name.replace(/^(.)/, '$1 '), 1)))
    expect(hang([mammo])).toMatchObject({ key: 'mammography', shown: ['RCC', 'LCC', 'RMLO', 'LMLO'] })
    expect(hang([study('2026-01-01', [series('us', 'US', '', 80)])])).toMatchObject({ key: 'cine' })
    expect(hang([study('2026-01-01', [series('sm', 'SM', '', 4)])])).toMatchObject({ key: 'pathology' })
  })

  it('never put a scout, a bolus test or a page of the scanner in a cell of their own', () => {
    const aside = [series('scout', 'CT', 'Topogram 0.6', 900), series('bolus', 'CT', 'PreMonitoring', 30)]
    const one = [study('2026-01-01', [...aside, series('ct', 'CT', 'Abd portal 3.0', 120, 'ABDOMEN')])]
    expect(hang(one)).toEqual({ key: 'single_ct', grid: '1x1', shown: ['ct'] })
    expect(hang([study('2026-01-01', aside)]).shown).toEqual(['scout'])
    const mr = [series('loc', 'MR', 'Localizer 3-plane', 200, 'HEAD'), series('gad', 'MR', 't1 KM', 30, 'HEAD')]
    expect(hang([study('2026-01-01', mr)])).toEqual({ key: 'single', grid: '1x1', shown: ['gad'] })
    expect(hang([study('2026-01-01', [series('low', 'CT', 'LOW DOSE 1.0', 90), series('cor', 'CT', 'Cor 2.0', 200)])])).toMatchObject({ key: 'single_ct', shown: ['low'] })
  })

  it('call nothing a phase that nobody called so', () => {
    const kernels = [series('soft', 'CT', 'Abdomen 3.0', 90, 'ABDOMEN'), series('lung', 'CT', 'Lung 1.0', 200, 'CHESTABDPELVIS')]
    expect(hang([study('2026-01-01', kernels)]).key).toBe('single_ct')
    const phases = [series('late', 'CT', 'Abd delayed', 90, 'ABDOMEN'), series('art', 'CT', 'Abd arterial', 90, 'ABDOMEN'), ...kernels]
    expect(hang([study('2026-01-01', phases)])).toMatchObject({ key: 'liver_multiphase', grid: '1x2', shown: ['art', 'late'] })
  })

  it('show the breast after the contrast agent, not before', () => {
    const breast = (name: string) => series(name, 'MR', name, 60, 'BREAST')
    const list = ['t1 dyn pre', 't1 dyn ph1', 't2 tirm', 'ep2d TRACEW', 'ep2d ADC'].map(breast)
    expect(hang([study('2026-01-01', list)])).toEqual({
      key: 'breast_mr',
      grid: '2x2',
      shown: ['t1 dyn ph1', 't2 tirm', 'ep2d TRACEW', 'ep2d ADC'],
    })
    expect(traitsOf(breast('dyn pre and post')).phase).toBeNull()
  })

  it('take no other part of the body for the liver, whatever its phases', () => {
    const neck = ['Neck arterial', 'Neck venous'].map((name) => series(name, 'CT', name, 60, 'NECK'))
    expect(hang([study('2026-01-01', neck)]).key).toBe('single_ct')
  })

  it('take the CT that was planned on', () => {
    const inSpace = (one: Series, frame_of_reference_uid: string) => ({ ...one, frame_of_reference_uid })
    const list = [
      inSpace(series('diagnostic', 'CT', '', 400), 'D'),
      inSpace(series('planning', 'CT', '', 90), 'P'),
      inSpace(series('plan', 'RTPLAN', '', 0), 'P'),
    ]
    expect(hang([study('2026-01-01', list)])).toMatchObject({ key: 'rt_plan', shown: ['planning'] })
    // Three ways to look at it, whatever it is called.
    const named = study('2026-01-01', [{ ...list[1], description: 'Planning ax' } as Series, list[2] as Series])
    const [first] = matchesOf(factsOf([named], new Map(), ''), BUILTIN)
    expect(first?.steps[1]).toMatchObject({ rows: 1, columns: 3 })
    expect(first?.steps[1]?.cells.map(({ series: one }) => one?.uid)).toEqual(['planning', 'planning', 'planning'])
    expect(hang([study('2026-01-01', [...list.slice(0, 2), series('plan', 'RTPLAN', '', 0)])]).shown).toEqual(['diagnostic'])
  })

  it('hang films by side, by projection, else as many as there are; over those before', () => {
    const film = (uid: string, name: string, laterality = '') => ({ ...series(uid, 'DX', name, 1), laterality })
    const knees = [film('l', 'Knie ap', 'L'), film('r', 'Knie ap', 'R')]
    expect(hang([study('2026-01-01', knees)])).toEqual({ key: 'plain_film', grid: '1x2', shown: ['r', 'l'] })
    const chest = [film('lat', 'Thorax LAT'), film('pa', 'Thorax PA')]
    expect(hang([study('2026-01-01', chest)])).toEqual({ key: 'plain_film', grid: '1x2', shown: ['pa', 'lat'] })
    const spine = [film('1', 'L-Spine'), film('2', 'L-Spine')]
    expect(hang([study('2026-01-01', spine)]).shown).toEqual(['1', '2'])
    const before = study('2025-01-01', [film('r0', 'Knie ap', 'R'), film('l0', 'Knie ap', 'L')])
    expect(hang([study('2026-01-01', knees), before])).toEqual({
      key: 'plain_film_prior',
      grid: '2x2',
      shown: ['r', 'l', 'r0', 'l0'],
    })
    expect(hang([study('2026-01-01', [film('now', 'Thorax')]), study('2025-01-01', [film('then', 'Thorax')])])).toEqual({
      key: 'plain_film_prior',
      grid: '1x2',
      shown: ['now', 'then'],
    })
  })

  it('never hang what is not ready, or what is no picture', () => {
    expect(hang([study('2026-01-01', [series('ct', 'CT')], { state: 'ingesting' })]).key).toBeUndefined()
    expect(hang([study('2026-01-01', [series('seg', 'SEG')])]).key).toBeUndefined()
  })

  it('hang the same way in whatever order the studies come', () => {
    const studies = [
      study('2026-03-03', [series('b', 'MR', 't2'), series('a', 'MR', 't2'), series('c', 'MR', 't2')]),
      study('2025-03-03', [series('d', 'MR', 't2')]),
      study('2025-03-03', [series('e', 'MR', 't1')]),
    ]
    const expected = hang(studies)
    expect(hang([...studies].reverse())).toEqual(expected)
    expect(expected.shown).toEqual(['a', 'b', 'c'])
  })
})

describe('saved protocols', () => {
  const base = BUILTIN.find(({ key }) => key === 'single') as Hanging
  const saved = (name: string, source: 'person' | 'board', match: object, is_default = true) =>
    ({ ...base, id: name, key: '', name, source, is_default, document: { ...base.document, match: { ...base.document.match, ...match } } }) as Hanging
  const ct = [study('2026-03-03', [series('ct', 'CT')])]

  it('go before the built-in ones, a person’s before a board’s, where they match', () => {
    const board = saved('board', 'board', { modalities: ['CT'] })
    const person = saved('mine', 'person', { tumour_types: ['lung'] })
    expect(hang(ct, [board, person, ...BUILTIN], 'lung').key).toBe('mine')
    expect(hang(ct, [board, person, ...BUILTIN], 'liver').key).toBe('board')
    expect(hang([study('2026-01-01', [series('us', 'US')])], [board, ...BUILTIN]).key).toBe('cine')
  })

  it('show a series as often as it was saved', () => {
    const cell = base.document.steps[0]?.cells[0]
    const twice = { ...base.document.steps[0], rows: 1, columns: 2, cells: [cell, cell] }
    const mine = saved('mine', 'person', {})
    const hanging = { ...mine, document: { ...mine.document, steps: [twice] } } as Hanging
    expect(hang(ct, [hanging]).shown).toEqual(['ct', 'ct'])
  })

  it('wait in the menu unless they are a default', () => {
    const quiet = saved('quiet', 'person', {}, false)
    expect(hang(ct, [quiet, ...BUILTIN]).key).toBe('single_ct')
    const matches = matchesOf(factsOf(ct, new Map(), ''), [quiet, ...BUILTIN])
    expect(matches.map(({ hanging }) => hanging.name)).toContain('quiet')
  })
})

describe('identities', () => {
  const own = study('2025-01-01', [series('own', 'CT')])
  const other = (date: string, uid: string, patient_id: string) =>
    study(date, [series(uid, 'CT')], {
      mismatch_confirmed: true,
      patient: { patient_id, name: '', birth_date: null, sex: '' },
    })

  it('never hang together by themselves; the case’s own patient goes first', () => {
    expect(hang([other('2026-01-01', 'x', 'X'), own]).shown).toEqual(['own'])
    const strangers = [other('2026-01-01', 'x', 'X'), other('2025-01-01', 'y', 'Y'), other('2024-01-01', 'x2', 'X')]
    expect(hang(strangers).shown).toEqual(['x', 'x2'])
  })

  it('are not told to a de-identified reader: each study stands for itself', () => {
    const all = [other('2026-01-01', 'x', 'P'), other('2025-01-01', 'y', 'P')]
    expect(new Set(identitiesOf(all, true).values()).size).toBe(2)
    expect(new Set(identitiesOf(all, false).values()).size).toBe(1)
  })
})

describe('what a description tells', () => {
  it.each([
    ['t1_mprage_sag_KM', { weighting: 't1c', orientation: 'sagittal' }],
    ['AX T2 FLAIR', { weighting: 'flair', orientation: 'axial' }],
    ['T2 ax', { weighting: 't2' }],
    ['ADC', { weighting: 'adc' }],
    ['5mm', { weighting: null, orientation: null, phase: null, kernel: null }],
    ['Thorax Lunge 1.0', { kernel: 'lung' }],
    ['Abd. venous 3.0', { phase: 'portal' }],
    ['Tracker ART', { phase: 'arterial', orientation: null }],
  ])('%s', (description, expected) => {
    expect(traitsOf(series('x', 'MR', description))).toMatchObject(expected)
  })

  it('and its body part, or the words of the study', () => {
    expect([...regionsOf(series('x', 'CT', '', 1, 'THORAX'))]).toEqual(['chest'])
    expect([...regionsOf(series('x', 'CT', ''), study('', [], { description: 'MRI_Abdomen' }))]).toEqual(['abdomen'])
  })
})

it('a layout that is kept finds the very series again', () => {
  const list = [series('a', 'MR', 't2 tra', 30), series('b', 'MR', 't2 tra', 30), series('c', 'MR', 't1 sag', 9), series('d', 'MR', '', 5)]
  const facts = factsOf([study('2026-01-01', list), study('2025-01-01', [series('p', 'MR', 't1 sag', 9)])], new Map(), '')
  for (const fact of facts.time_points.flatMap(({ pictures }) => pictures)) {
    const selector = selectorFor(fact, facts)
    expect(candidates(selector, facts)[selector.rank - 1]?.uid).toBe(fact.uid)
  }
})

it('steps through the screens of a protocol, then on to the next that fits', () => {
  const facts = factsOf([study('2026-03-03', [series('ct', 'CT')]), study('2025-03-03', [series('old', 'CT')])], new Map(), '')
  const matches = matchesOf(facts, BUILTIN)
  let now = nextStep(null, matches, 1)
  const seen = [now]
  for (let i = 0; i < 3; i += 1) {
    now = nextStep(now, matches, 1)
    seen.push(now)
  }
  expect(seen.map((one) => `${one?.match.hanging.key} ${one?.step}`)).toEqual([
    'ct_current_prior 0',
    'ct_current_prior 1',
    'ct_current_prior 2',
    'single_ct 0',
  ])
  expect(nextStep(now, matches, -1)?.step).toBe(2)
})

it('knows a grid for any number of pictures', () => {
  expect([1, 2, 3, 4, 6, 8, 9, 12].map((count) => gridFor(count))).toEqual([
    { rows: 1, columns: 1 },
    { rows: 1, columns: 2 },
    { rows: 1, columns: 3 },
    { rows: 2, columns: 2 },
    { rows: 2, columns: 3 },
    { rows: 2, columns: 4 },
    { rows: 3, columns: 3 },
    { rows: 3, columns: 4 },
  ])
})
