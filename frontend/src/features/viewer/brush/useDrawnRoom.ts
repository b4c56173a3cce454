import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

import { drawnApi, drawnKey, useDrawnSegmentations, type SegmentDraft } from '@/api/drawn'
import type { DrawnSegment, DrawnSegmentation } from '@/api/types'
import type { Who } from '@/protocol/generated'
import type { GridBox } from '@/viewer/brush/labelmap'
import { joined } from '@/viewer/brush/labelmap'
import { drawnMaskId } from '@/viewer/stage'

import type { MaskLayer } from '../maskLayers'
import type { CaseRoom } from '../useCaseRoom'
import { usePerCase } from '../usePerCase'
import { Drawing, type DrawnTransport } from './drawing'

const NONE: readonly DrawnSegmentation[] = []
const TAG_LENGTH = 20
export const SEGMENT_COLOURS = ['#ffb454', '#59c2ff', '#aad94c', '#f07178', '#5ccfe6', '#ffe66d']
export const DEFAULT_TYPE = '52988006'

export interface PaintTarget {
  readonly id: string
  readonly segment: number
}

/** Who holds a segmentation in a live room, and how to get it. */
export interface DrawnLease {
  readonly isMine: (id: string) => boolean
  readonly heldBy: (id: string) => Who | null
  readonly acquire: (id: string, takeOver: boolean) => void
  readonly release: (id: string) => void
  readonly mayTakeOver: boolean
}

export interface DrawnRoom {
  readonly list: readonly DrawnSegmentation[]
  readonly drawing: Drawing
  readonly mayDraw: boolean
  readonly me: { readonly id: string; readonly discipline: string }
  readonly target: PaintTarget | null
  readonly lease: DrawnLease | null
  readonly activate: (one: DrawnSegmentation, segment: DrawnSegment) => Promise<void>
  readonly deactivate: () => void
  readonly begin: (label: string) => Promise<void>
  readonly copy: (layer: MaskLayer, label: string) => Promise<void>
  readonly change: (one: DrawnSegmentation, segments: SegmentDraft[]) => Promise<DrawnSegmentation | null>
  readonly remove: (one: DrawnSegmentation) => Promise<boolean>
  readonly restore: (one: DrawnSegmentation) => Promise<void>
}

interface Options {
  readonly caseId: string
  readonly room: CaseRoom
  readonly mayDraw: boolean
  readonly me: DrawnRoom['me']
  readonly transport: DrawnTransport
  readonly lease: DrawnLease | null
  readonly onProblem: (error: unknown) => void
}

/** By REST: outside of a live room an edit needs no lease, but the parent it was made on. */
export const REST_TRANSPORT: DrawnTransport = {
  commit: async (id, parent, sha256) => (await drawnApi.commit(id, parent, sha256)).revision,
  revert: async (id, parent, revision) => (await drawnApi.revert(id, parent, revision)).revision,
}

export const draftOf = ({ number, label, type, colour }: DrawnSegment): SegmentDraft => ({
  number,
  label,
  type: type.code,
  colour,
})

/** A drawn segment as the viewer shows it. */
export const shownMaskOf = (
  segmentation: string,
  { number, label, colour }: Pick<DrawnSegment, 'number' | 'label' | 'colour'>,
) => ({
  id: drawnMaskId(segmentation, number),
  colour,
  unreviewed: false,
  tag: `✎ ${number} ${label}`.slice(0, TAG_LENGTH),
})

/** The drawn segmentations of a case on this screen: read, laid over the pictures, painted on. */
export function useDrawnRoom(options: Options): DrawnRoom {
  const { caseId, room, mayDraw, me, lease, onProblem } = options
  const { viewer, visibleMasks, showMasks } = room
  const client = useQueryClient()
  const { data: list = NONE } = useDrawnSegmentations(caseId)
  const refresh = useCallback(
    () => void client.invalidateQueries({ queryKey: drawnKey(caseId) }),
    [client, caseId],
  )
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const drawing = usePerCase(caseId, () => {
    const transport: DrawnTransport = {
      commit: (...told) => latest.current.transport.commit(...told),
      revert: (...told) => latest.current.transport.revert(...told),
    }
    return new Drawing(viewer, transport, (error) => latest.current.onProblem(error), refresh)
  })
  useEffect(() => drawing.start(), [drawing])
  useEffect(() => void drawing.follow(list), [drawing, list])
  const [target, setTarget] = useState<PaintTarget | null>(null)

  // What somebody drew is shown, like a measurement, until it is switched off.
  const seen = usePerCase<Set<string>>(caseId, () => new Set())
  useEffect(() => {
    const ids = list.flatMap((one) => one.segments.map(({ number }) => drawnMaskId(one.id, number)))
    const fresh = ids.filter((id) => !seen.has(id))
    for (const id of fresh) seen.add(id)
    if (fresh.length > 0) showMasks(fresh, true)
  }, [list, seen, showMasks])
  useEffect(() => {
    viewer.brush.show(
      list.flatMap((one) =>
        one.segments.flatMap(({ number, label, colour }) => {
          const id = drawnMaskId(one.id, number)
          const painted = target?.id === one.id && target.segment === number
          if (!painted && !visibleMasks.has(id)) return []
          return [shownMaskOf(one.id, { number, label, colour })]
        }),
      ),
    )
    viewer.overlaysChanged.emit()
  }, [viewer, list, visibleMasks, target])

  const deactivate = useCallback(() => {
    setTarget((before) => {
      if (before !== null) latest.current.lease?.release(before.id)
      return null
    })
    viewer.brush.setTarget(null)
  }, [viewer])
  const activate = useCallback(
    async (one: DrawnSegmentation, segment: DrawnSegment) => {
      try {
        const labelmap = await drawing.open(one)
        setTarget((before) => {
          if (before !== null && before.id !== one.id) latest.current.lease?.release(before.id)
          return { id: one.id, segment: segment.number }
        })
        latest.current.lease?.acquire(one.id, false)
        viewer.brush.setTarget({
          segmentation: one.id,
          segment: segment.number,
          labelmap,
          series_instance_uid: one.series_instance_uid,
          colour: segment.colour,
        })
      } catch (error) {
        latest.current.onProblem(error)
      }
    },
    [drawing, viewer],
  )
  // A segmentation that somebody removed is nothing to paint on.
  const standing = target === null || list.length === 0 || list.some(({ id }) => id === target.id)
  useEffect(() => {
    if (!standing) deactivate()
  }, [standing, deactivate])
  const locked = target !== null && lease !== null && !lease.isMine(target.id)
  useEffect(() => viewer.brush.setLocked(locked), [viewer, locked])
  const leaving = useRef(deactivate)
  useEffect(() => {
    leaving.current = deactivate
  })
  useEffect(() => () => leaving.current(), [caseId])

  const acts = useMemo(() => {
    const guarded = async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work()
      } catch (error) {
        onProblem(error)
        return null
      } finally {
        refresh()
      }
    }
    const put = (one: DrawnSegmentation) =>
      client.setQueryData<DrawnSegmentation[]>(drawnKey(caseId), (before = []) => [
        ...before.filter(({ id }) => id !== one.id),
        one,
      ])
    const start = async (label: string, origin: MaskLayer | null) => {
      const view = viewer.activeView
      const { series } = view?.state ?? {}
      if (!series || !view?.stack) return null
      const colour = SEGMENT_COLOURS[list.length % SEGMENT_COLOURS.length] ?? '#ffb454'
      const one = await drawnApi.begin({
        case: caseId,
        study_instance_uid: series.study_instance_uid,
        series_instance_uid: series.series_instance_uid,
        stack: view.stack.number,
        name: '',
        segments: [{ label, type: DEFAULT_TYPE, colour }],
        ...(origin && { origin: originOf(origin, label) }),
      })
      put(one)
      const [segment] = one.segments
      if (segment) await activate(one, segment)
      return one
    }
    return {
      begin: async (label: string) => void (await guarded(() => start(label, null))),
      copy: async (layer: MaskLayer, label: string) => {
        await guarded(async () => {
          const one = await start(label, layer)
          const labelmap = one && drawing.labelmapOf(one.id)
          const volume = viewer.masks.volumeOf(layer.id)
          const { target: brush } = viewer.brush
          if (!one || !labelmap || !volume || !brush) return
          const [, rows, columns] = volume.shape
          let box: GridBox | null = null
          volume.sop_instance_uids.forEach((sop_instance_uid, index) => {
            const on = labelmap.frameOn({ sop_instance_uid, frame: volume.frames[index] ?? 1 })
            if (on === null) return
            const size = rows * columns
            const values = volume.values.subarray(index * size, (index + 1) * size)
            box = joined(box, labelmap.add(brush.segment, on, values))
            viewer.brush.painted.emit({ target: brush, frame: on })
          })
          if (box !== null) drawing.keep({ target: brush, box })
          showMasks([layer.id], false)
        })
      },
      change: (one: DrawnSegmentation, segments: SegmentDraft[]) =>
        guarded(async () => {
          const changed = await drawnApi.change(one, segments)
          put(changed)
          return changed
        }),
      remove: async (one: DrawnSegmentation) =>
        (await guarded(async () => {
          await drawnApi.remove(one)
          return true
        })) ?? false,
      restore: async (one: DrawnSegmentation) => {
        await guarded(() => drawnApi.restore(one))
      },
    }
  }, [activate, caseId, client, drawing, list.length, onProblem, refresh, showMasks, viewer])

  return { list, drawing, mayDraw, me, target, lease, activate, deactivate, ...acts }
}

/** A segment's mask is named by what it is; everything else is a finding's. */
function originOf({ id }: MaskLayer, label: string) {
  const [kind, segmentation, number] = id.split(':')
  if (kind === 'segment' && segmentation !== undefined) {
    return { kind: 'segment' as const, id: segmentation, number: Number(number), label }
  }
  return { kind: 'finding' as const, id, label }
}
