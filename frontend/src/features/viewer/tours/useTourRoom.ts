import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'

import { useTours, useTourWrites, type Tour, type TourPurpose } from '@/api/tours'
import { formatDate } from '@/ui/format'
import { isTyping } from '@/ui/useListKeys'
import { StageFollower, stageOf } from '@/viewer/stage'

import { showStage } from '../showStage'
import type { CaseRoom } from '../useCaseRoom'

/** What the keys do with views. */
export interface ViewSteps {
  readonly step: (by: 1 | -1) => void
  readonly add: () => void
}

export interface TourRoom {
  readonly tours: readonly Tour[]
  readonly tour: Tour | null
  /** Which of its views was shown last; none yet: −1. */
  readonly index: number
  readonly steps: ViewSteps
  readonly open: (id: string | null) => void
  readonly goTo: (index: number) => void
  /** Null where this person may not leave views. */
  readonly write: ReturnType<typeof useTourWrites> | null
  readonly myId: string
  /** A tour that the address asks for is on its way. */
  readonly expected: boolean
}

interface TourRoomOptions {
  readonly caseId: string
  readonly room: CaseRoom
  readonly mayWrite: boolean
  readonly myId: string
  /** What a tour that begins here is for. */
  readonly purpose: TourPurpose
  readonly onProblem: (error: unknown) => void
}

const NO_TOURS: readonly Tour[] = []

/** The tours of a case beside its images: one is open, and its views are walked with one key. */
export function useTourRoom(options: TourRoomOptions): TourRoom {
  const { caseId, room, mayWrite, myId, purpose, onProblem } = options
  const { t } = useTranslation('replay')
  const [search] = useSearchParams()
  const asked = search.get('tour')
  const query = useTours(caseId)
  const tours = query.data ?? NO_TOURS
  const writes = useTourWrites(caseId)
  const [place, setPlace] = useState({ id: asked, index: -1 })
  const tour = tours.find(({ id }) => id === place.id) ?? null
  const follower = useMemo(() => new StageFollower(room.viewer), [room.viewer])

  const show = useCallback(
    (shown: Tour, index: number) => {
      const stage = shown.steps[index]?.stage
      if (!stage) return
      setPlace({ id: shown.id, index })
      // In a room a step is own navigation: who follows detaches, who presents publishes.
      room.viewer.changed.emit('user')
      showStage(room, follower, stage)
      const waits = shown.readers.some(({ user, seen_at }) => user.id === myId && seen_at === null)
      if (waits && index === shown.steps.length - 1) writes.seen.mutate(shown.id)
    },
    [room, follower, myId, writes.seen],
  )

  const step = useCallback(
    (by: 1 | -1) => {
      const walked = tour ?? openingTour(tours, myId)
      if (walked === null) return
      const from = tour === null ? -1 : place.index
      show(walked, Math.max(0, Math.min(walked.steps.length - 1, from + by)))
    },
    [tour, tours, place.index, myId, show],
  )

  const add = useCallback(() => {
    if (!mayWrite) return
    const stage = stageOf(room.viewer, { focus: null, held: false })
    const put = async () => {
      const title = t('tour.newTitle', { date: formatDate(new Date().toISOString()) })
      const to = tour ?? (await writes.create.mutateAsync({ title, purpose, due: null, readers: [] }))
      const number = to.steps.length + 1
      const changed = await writes.addStep.mutateAsync({
        tour: to.id,
        stage,
        title: t('tour.stepTitle', { number }),
      })
      setPlace({ id: changed.id, index: changed.steps.length - 1 })
    }
    put().catch(onProblem)
  }, [mayWrite, room.viewer, tour, writes.create, writes.addStep, purpose, onProblem, t])

  const open = useCallback((id: string | null) => setPlace({ id, index: -1 }), [])
  const goTo = useCallback((index: number) => tour && show(tour, index), [tour, show])
  useOpening({ asked, tour, studiesLoaded: room.studiesLoaded, show })
  useClicker(tour === null ? null : step)
  const steps = useMemo(() => ({ step, add }), [step, add])
  return {
    tours,
    tour,
    index: place.index,
    steps,
    open,
    goTo,
    write: mayWrite ? writes : null,
    myId,
    expected: asked !== null && (query.isPending || tour !== null),
  }
}

/** Without one open, the first key opens what waits for me, else what was left last. */
export function openingTour(tours: readonly Tour[], myId: string): Tour | null {
  const filled = tours.filter(({ steps }) => steps.length > 0)
  const waits = filled.find(({ readers }) =>
    readers.some(({ user, seen_at }) => user.id === myId && seen_at === null),
  )
  return waits ?? filled.at(-1) ?? null
}

/** `?tour=…` opens on its first view. */
function useOpening({
  asked,
  tour,
  studiesLoaded,
  show,
}: {
  asked: string | null
  tour: Tour | null
  studiesLoaded: boolean
  show: (tour: Tour, index: number) => void
}): void {
  const done = useRef(false)
  useEffect(() => {
    if (done.current || tour === null || tour.id !== asked || !studiesLoaded) return
    done.current = true
    show(tour, 0)
  }, [asked, tour, studiesLoaded, show])
}

const CLICKER: Readonly<Record<string, 1 | -1>> = { PageDown: 1, PageUp: -1 }

/** A presenter's clicker sends these; they step views while a tour is open, else series. */
function useClicker(step: ((by: 1 | -1) => void) | null): void {
  useEffect(() => {
    if (step === null) return
    const onKey = (event: KeyboardEvent): void => {
      const by = CLICKER[event.key]
      if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return
      if (isTyping(event.target) || document.querySelector('[aria-modal="true"]') !== null) return
      event.preventDefault()
      step(by)
    }
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [step])
}
