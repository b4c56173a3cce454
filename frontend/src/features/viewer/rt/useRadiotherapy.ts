import { useCallback, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { readContours, useRadiotherapyObjects, type RegionKey } from '@/api/radiotherapy'
import type { Dose, Radiotherapy, StructureRegion, StructureSet, Study } from '@/api/types'
import { doseId, structureId } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

import { liftedColour } from '../maskLayers'
import { openDose, openLook } from './openDose'

const NOTHING: Radiotherapy = { structure_sets: [], doses: [], plans: [] }
const NONE: ReadonlySet<string> = new Set()
const FALLBACK_COLOUR = '#ffb454'

export interface RtRoom {
  readonly objects: Radiotherapy
  readonly problem: { error: Error; retry: () => void } | null
  readonly shown: ReadonlySet<string>
  readonly setShown: (ids: ReadonlySet<string>) => void
  readonly show: (ids: readonly string[], on: boolean) => void
  readonly failed: ReadonlySet<string>
  /** Resolves once the contours of a region are there. */
  readonly load: (id: string) => Promise<void>
}

export const regionColour = (region: StructureRegion): string =>
  liftedColour(region.colour ?? FALLBACK_COLOUR, FALLBACK_COLOUR)

/** What radiotherapy a case has, and what of it is laid over the pictures. */
export function useRadiotherapy(caseId: string, viewer: Viewer, studies: readonly Study[]): RtRoom {
  const { data: objects = NOTHING, error, refetch } = useRadiotherapyObjects(caseId, studies)
  const [held, setHeld] = useState({ caseId, ids: NONE })
  const [failed, setFailed] = useState(NONE)
  const word = useTranslation('radiotherapy').t('dose.word')
  const shown = held.caseId === caseId ? held.ids : NONE
  const setShown = useCallback((ids: ReadonlySet<string>) => setHeld({ caseId, ids }), [caseId])
  const show = useCallback(
    (ids: readonly string[], on: boolean) =>
      setHeld((before) => {
        const after = new Set(before.caseId === caseId ? before.ids : NONE)
        for (const id of ids) {
          if (on) after.add(id)
          else after.delete(id)
        }
        return { caseId, ids: after }
      }),
    [caseId],
  )
  const load = useCallback(
    async (id: string) => {
      if (viewer.rt.has(id)) return
      const dose = objects.doses.find((one) => doseId(one.id) === id)
      if (dose !== undefined) {
        // Whoever follows a stage has not chosen how it looks.
        const plan = objects.plans.find((one) => one.id === dose.plan)
        if (viewer.rt.look.word === '') openLook(viewer, dose, plan?.prescription_gy ?? null, word)
        viewer.rt.addDose(await openDose(viewer, id, dose))
      }
      const found = findRegion(objects, id)
      if (found !== null) await loadRegion(caseId, viewer, id, found)
    },
    [caseId, viewer, objects, word],
  )
  useEffect(() => {
    let gone = false
    viewer.rt.show([...shown])
    for (const id of shown) {
      load(id)
        .then(() => !gone && setFailed((before) => without(before, id)))
        .catch(() => !gone && setFailed((before) => new Set(before).add(id)))
    }
    return () => {
      gone = true
    }
  }, [viewer, shown, load])
  const problem = useMemo(
    () => (error === null ? null : { error, retry: () => void refetch() }),
    [error, refetch],
  )
  return useMemo(
    () => ({ objects, problem, shown, setShown, show, failed, load }),
    [objects, problem, shown, setShown, show, failed, load],
  )
}

interface FoundRegion {
  readonly set: StructureSet
  readonly region: StructureRegion
}

function findRegion(objects: Radiotherapy, id: string): FoundRegion | null {
  for (const set of objects.structure_sets) {
    const region = set.regions.find((one) => structureId(set.id, one.number) === id)
    if (region !== undefined) return { set, region }
  }
  return null
}

async function loadRegion(
  caseId: string,
  viewer: Viewer,
  id: string,
  { set, region }: FoundRegion,
): Promise<void> {
  const key: RegionKey = { structureSet: set.id, number: region.number }
  const { contours, volume_ml } = await readContours(caseId, key)
  viewer.rt.addRegion({
    id,
    name: region.name,
    colour: regionColour(region),
    frame_of_reference_uid: region.frame_of_reference_uid,
    contours,
    volume_ml,
  })
}

const without = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  ids.has(id) ? new Set([...ids].filter((one) => one !== id)) : ids

/** A dose that nothing keeps from being shown. */
export const isShowable = (dose: Dose): boolean =>
  dose.maximum_gy !== null && !dose.problems.some(({ severity }) => severity === 'error')

/** Goes to the largest contour of a region and shows it. */
export async function goToRegion(rt: RtRoom, viewer: Viewer, id: string): Promise<void> {
  rt.show([id], true)
  await rt.load(id)
  const place = viewer.rt.placeOf(id)
  if (place !== null) viewer.goToPoint(place.point_lps, place.frame_of_reference_uid)
}
