import { useCallback, useEffect, useMemo, useRef } from 'react'

import { useHangings, type Hanging } from '@/api/hangings'
import type { Study } from '@/api/types'
import { publishReading } from '@/viewer/testHook'
import type { Viewer } from '@/viewer/viewer'

import { applyStep, appliedOf } from './applied'
import { factsOf, type CaseFacts } from './facts'
import { hangCase, matchesOf, planSteps, type Match } from './match'
import { serveVolumeDisplays } from './volumeDisplays'

serveVolumeDisplays()

const NONE: readonly Hanging[] = []

/** The hangings of one case, and the way to another one. */
export interface HangingControl {
  readonly facts: CaseFacts
  readonly hangings: readonly Hanging[]
  /** Those that fit, best first. */
  readonly matches: readonly Match[]
  /** The protocols are known, or could not be read: nothing more is to be waited for. */
  readonly ready: boolean
  /** Hangs the case as it opens; false while there is nothing to hang yet. */
  readonly open: () => boolean
  readonly choose: (hanging: Hanging) => void
  /** The next or the previous screen: of this protocol, then of the next that fits. */
  readonly step: (by: 1 | -1) => void
}

export function useHanging(
  viewer: Viewer,
  studies: readonly Study[],
  identities: ReadonlyMap<string, string>,
  tumour_type: string | undefined,
): HangingControl {
  const query = useHangings()
  const hangings = query.data ?? NONE
  const facts = useMemo(
    () => factsOf(studies, identities, tumour_type ?? ''),
    [studies, identities, tumour_type],
  )
  const matches = useMemo(() => matchesOf(facts, hangings), [facts, hangings])
  // Without protocols a case still opens: with what it holds most of.
  const known = query.isError ? FALLBACK : hangings
  const ready = (query.data !== undefined || query.isError) && tumour_type !== undefined
  const open = useCallback(() => {
    const match = ready ? hangCase(facts, known) : null
    if (match !== null) void applyStep(viewer, match, 0, 'program')
    return match !== null
  }, [ready, facts, known, viewer])
  const choose = useCallback(
    (hanging: Hanging) => {
      const match = matches.find((one) => one.hanging === hanging) ?? {
        hanging,
        score: 0,
        reasons: [],
        steps: planSteps(facts, hanging),
      }
      void applyStep(viewer, match, 0, 'user')
    },
    [facts, matches, viewer],
  )
  const step = useCallback(
    (by: 1 | -1) => {
      const next = nextStep(appliedOf(viewer), matches, by)
      if (next !== null) void applyStep(viewer, next.match, next.step, 'user')
    },
    [matches, viewer],
  )
  // Tests and support read by which protocol a screen hangs.
  useEffect(
    () =>
      publishReading('hanging', () => {
        const now = appliedOf(viewer)
        return now && { key: now.match.hanging.key, step: now.step }
      }),
    [viewer],
  )
  return useMemo(
    () => ({ facts, hangings, matches, ready, open, choose, step }),
    [facts, hangings, matches, ready, open, choose, step],
  )
}

/** One screen on: within the protocol, beyond its ends the neighbouring protocol that fits. */
export function nextStep(
  now: { match: Match; step: number } | null,
  matches: readonly Match[],
  by: 1 | -1,
): { match: Match; step: number } | null {
  const [first] = matches
  if (first === undefined) return null
  if (now === null) return { match: first, step: 0 }
  const within = now.step + by
  if (within >= 0 && within < now.match.steps.length) return { match: now.match, step: within }
  const at = matches.findIndex(({ hanging }) => hanging === now.match.hanging)
  const match = matches[(at + by + matches.length) % matches.length] ?? first
  return { match, step: by === 1 ? 0 : match.steps.length - 1 }
}

const FALLBACK: readonly Hanging[] = [
  {
    id: null,
    key: 'single',
    name: '',
    source: 'builtin',
    board: null,
    board_name: '',
    is_default: true,
    version: 0,
    may_change: false,
    document: {
      match: { time_points_min: 1, time_points_max: null, min_series: 1 },
      steps: [
        {
          name: '',
          rows: 1,
          columns: 1,
          reference_lines: false,
          cells: [
            {
              series: {
                time_point: 0,
                orientation: null,
                phase: null,
                kernel: null,
                laterality: null,
                projection: null,
                is_named: false,
                in_space_of: null,
                rank: 1,
              },
              display: 'stack',
              under: null,
              preset: null,
              window: null,
              link_group: null,
              leads: false,
              cine: false,
            },
          ],
        },
      ],
    },
  },
]

/** Hangs a case once, as soon as there is something to hang. */
export function useOpeningHanging(control: HangingControl, caseId: string, isWanted: boolean): void {
  const hung = useRef<string | null>(null)
  useEffect(() => {
    if (!isWanted || hung.current === caseId) return
    if (control.open()) hung.current = caseId
  }, [control, caseId, isWanted])
}
