import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'

import { http } from '@/api/http'
import { getAll } from '@/api/pages'
import type { MeasurementBody } from '@/protocol/generated'
import type { MeasurementDraft } from '@/viewer/annotations'

import type { MeasurementStore, MeasurementWrites, Naming } from './measurementStore'

const REFRESH_MS = 15_000
const keyOf = (caseId: string) => ['measurements', caseId] as const

/** Measurements of a case over REST, for the viewer outside of a live session. */
export function useRestMeasurements(
  caseId: string,
  mayWrite: boolean,
  onProblem: (error: unknown) => void,
): MeasurementStore {
  const client = useQueryClient()
  const [pending, setPending] = useState<MeasurementDraft[]>([])
  const undoStack = useRef<(() => Promise<unknown>)[]>([])
  const query = useQuery({
    queryKey: keyOf(caseId),
    queryFn: ({ signal }) =>
      getAll<MeasurementBody>('/api/measurements', { query: { case: caseId }, signal }),
    refetchInterval: REFRESH_MS,
  })
  const items = useMemo(() => query.data ?? [], [query.data])

  const write = useMemo<MeasurementWrites>(() => {
    const known = (id: string): MeasurementBody | undefined =>
      client.getQueryData<MeasurementBody[]>(keyOf(caseId))?.find((item) => item.id === id)
    const put = (body: MeasurementBody) =>
      client.setQueryData<MeasurementBody[]>(keyOf(caseId), (before = []) => [
        ...before.filter((item) => item.id !== body.id),
        body,
      ])
    const drop = (id: string) =>
      client.setQueryData<MeasurementBody[]>(keyOf(caseId), (before = []) =>
        before.filter((item) => item.id !== id),
      )
    const run = async (work: () => Promise<unknown>) => {
      try {
        await work()
      } catch (error) {
        onProblem(error)
        void client.invalidateQueries({ queryKey: keyOf(caseId) })
      }
    }
    const remove = async (id: string) => {
      const body = known(id)
      if (!body) return
      drop(id)
      await http.delete(`/api/measurements/${id}`, { version: body.version })
    }
    const change = async (id: string, changes: Partial<MeasurementBody>) => {
      const version = known(id)?.version
      put(await http.patch<MeasurementBody>(`/api/measurements/${id}`, changes, { version }))
    }
    const place = async (id: string, lesion: string | null) => {
      const version = known(id)?.version
      put(await http.put<MeasurementBody>(`/api/measurements/${id}/lesion`, { lesion }, { version }))
    }
    return {
      create: (draft) => {
        const { id } = draft
        setPending((before) => [...before, draft])
        void run(async () => {
          const body = await http.post<MeasurementBody>('/api/measurements', {
            case: caseId,
            ...draft,
          })
          put(body)
          undoStack.current.push(() => remove(body.id))
        }).finally(() => setPending((before) => before.filter((entry) => entry.id !== id)))
      },
      revise: ({ id, points_lps, points_image }) => {
        const before = known(id)
        if (!before) return
        const patch = (points: Pick<MeasurementBody, 'points_lps' | 'points_image'>) =>
          change(id, points)
        setPending((list) => [
          ...list,
          { ...before, points_lps, points_image } as MeasurementDraft,
        ])
        void run(async () => {
          await patch({ points_lps, points_image } as never)
          const { points_lps: old_lps, points_image: old_image } = before
          undoStack.current.push(() => patch({ points_lps: old_lps, points_image: old_image }))
        }).finally(() => setPending((list) => list.filter((entry) => entry.id !== id)))
      },
      rename: (id, naming) => {
        const body = known(id)
        if (!body) return
        const before: Naming = { label: body.label, site: body.site }
        void run(async () => {
          await change(id, naming)
          undoStack.current.push(() => change(id, before))
        })
      },
      remove: (id) => {
        const body = known(id)
        if (!body) return
        void run(async () => {
          await remove(id)
          undoStack.current.push(async () => put(await restore(body)))
        })
      },
      assign: (id, lesion) => {
        const body = known(id)
        if (!body || body.lesion === lesion) return
        void run(async () => {
          await place(id, lesion)
          undoStack.current.push(() => place(id, body.lesion))
        })
      },
      undo: () => {
        const inverse = undoStack.current.pop()
        if (inverse) void run(inverse)
      },
    }
  }, [caseId, client, onProblem])

  return { items, pending, write: mayWrite ? write : null }
}

/** A removed measurement is put back under its own id, one version later. */
function restore(body: MeasurementBody): Promise<MeasurementBody> {
  const {
    case: case_id,
    id,
    kind,
    study_instance_uid,
    series_instance_uid,
    sop_instance_uid,
  } = body
  return http.post<MeasurementBody>('/api/measurements', {
    case: case_id,
    id,
    version: body.version + 1,
    kind,
    study_instance_uid,
    series_instance_uid,
    sop_instance_uid,
    frame: body.frame,
    frame_of_reference_uid: body.frame_of_reference_uid,
    points_lps: body.points_lps,
    points_image: body.points_image,
    label: body.label,
    site: body.site,
  })
}
