import { useEffect, useState } from 'react'

import { http } from '@/api/http'
import type { MaskVolume } from '@/viewer/masks'
import type { Viewer } from '@/viewer/viewer'

import type { MaskLayer } from './maskLayers'

interface MaskGeometry {
  shape: [number, number, number]
  sop_instance_uids: string[]
  frames: number[]
}

const NONE: ReadonlySet<string> = new Set()
/** From where the mask of an id was read: an amended finding's is another one under its id. */
const sources = new WeakMap<Viewer, Map<string, string>>()

const isRead = (viewer: Viewer, { id, mask_url }: MaskLayer): boolean =>
  viewer.masks.has(id) && (sources.get(viewer)?.get(id) ?? mask_url) === mask_url

const onTheirWay = new WeakMap<Viewer, Map<string, Promise<void>>>()

/** Reads a mask and the images its slices lie on, once; rejects when it cannot be read. */
export function loadMask(viewer: Viewer, layer: MaskLayer): Promise<void> {
  if (isRead(viewer, layer)) return Promise.resolve()
  const waiting = onTheirWay.get(viewer) ?? new Map<string, Promise<void>>()
  onTheirWay.set(viewer, waiting)
  const known = waiting.get(layer.mask_url)
  if (known !== undefined) return known
  const reading = readMask(layer)
    .then((volume) => {
      viewer.masks.set(volume)
      const read = sources.get(viewer) ?? new Map<string, string>()
      sources.set(viewer, read.set(layer.id, layer.mask_url))
    })
    .finally(() => waiting.delete(layer.mask_url))
  waiting.set(layer.mask_url, reading)
  return reading
}

async function readMask({ id, mask_url }: MaskLayer): Promise<MaskVolume> {
  const [geometry, response] = await Promise.all([
    http.get<MaskGeometry>(`${mask_url}-geometry`),
    fetch(mask_url, { credentials: 'same-origin' }),
  ])
  if (!response.ok) throw new Error(`mask answered ${response.status}`)
  return { id, values: new Uint8Array(await response.arrayBuffer()), ...geometry }
}

const without = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  ids.has(id) ? new Set([...ids].filter((one) => one !== id)) : ids

/** Lays masks over the pictures. Returns the ids of those that could not be read. */
export function useMasks(viewer: Viewer, shown: readonly MaskLayer[]): ReadonlySet<string> {
  const [failed, setFailed] = useState<ReadonlySet<string>>(NONE)
  useEffect(() => {
    let gone = false
    const lay = () => viewer.setMasks(shown)
    lay()
    for (const layer of shown) {
      if (isRead(viewer, layer)) continue
      loadMask(viewer, layer)
        .then(() => {
          if (gone) return
          lay()
          setFailed((before) => without(before, layer.id))
        })
        .catch(() => {
          if (!gone) setFailed((before) => new Set(before).add(layer.id))
        })
    }
    return () => {
      gone = true
    }
  }, [viewer, shown])
  return failed
}
