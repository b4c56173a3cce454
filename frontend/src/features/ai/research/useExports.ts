import { useCallback, useEffect, useRef, useState } from 'react'

import { asProblem, type Problem } from '@/api/problem'
import { fetchResearchZip, type Received, type ResearchStack } from '@/api/research'
import type { Study } from '@/api/types'

import { saveBlob } from './saveBlob'
import { keyOf, zipName } from './words'

/** How far one zip is: the server packs it, it arrives, it lies with the person's downloads. */
export type ExportStep =
  | { readonly step: 'waiting' }
  | { readonly step: 'packing' }
  | { readonly step: 'receiving'; readonly received: Received }
  | { readonly step: 'saved'; readonly bytes: number }
  | { readonly step: 'failed'; readonly problem: Problem }
  | { readonly step: 'cancelled' }

export interface Exports {
  readonly steps: ReadonlyMap<string, ExportStep>
  readonly isRunning: boolean
  readonly start: (stacks: readonly ResearchStack[]) => Promise<void>
  readonly cancel: () => void
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'

/** One stack after the other: the server packs a whole series for each. */
export function useExports(caseId: string, study: Study): Exports {
  const [steps, setSteps] = useState<ReadonlyMap<string, ExportStep>>(new Map())
  const [isRunning, setRunning] = useState(false)
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const start = useCallback(
    async (stacks: readonly ResearchStack[]) => {
      const control = new AbortController()
      abort.current = control
      const tell = (one: ResearchStack, step: ExportStep) => setSteps((before) => new Map(before).set(keyOf(one), step))
      setRunning(true)
      setSteps(new Map(stacks.map((one) => [keyOf(one), { step: 'waiting' }])))
      for (const one of stacks) {
        if (control.signal.aborted) {
          tell(one, { step: 'cancelled' })
          continue
        }
        tell(one, { step: 'packing' })
        try {
          const where = { caseId, studyUid: study.study_instance_uid, seriesUid: one.series_instance_uid, stack: one.stack }
          const blob = await fetchResearchZip(where, { signal: control.signal, onReceived: (received) => tell(one, { step: 'receiving', received }) })
          saveBlob(blob, zipName(study, one))
          tell(one, { step: 'saved', bytes: blob.size })
        } catch (error) {
          tell(one, isAbort(error) ? { step: 'cancelled' } : { step: 'failed', problem: asProblem(error) })
        }
      }
      setRunning(false)
    },
    [caseId, study],
  )
  const cancel = useCallback(() => abort.current?.abort(), [])
  return { steps, isRunning, start, cancel }
}
