import { useEffect, useRef, useState } from 'react'

import { http } from '@/api/http'
import type { Finding } from '@/api/types'
import type { MaskVolume } from '@/viewer/masks'
import type { Viewer } from '@/viewer/viewer'

interface MaskGeometry {
  shape: [number, number, number]
  sop_instance_uids: string[]
}

/** Reads the mask of a finding and the images its slices lie on. */
async function readMask(
  finding: Finding,
  mask_url: string,
  signal: AbortSignal,
): Promise<MaskVolume> {
  const [geometry, response] = await Promise.all([
    http.get<MaskGeometry>(`${mask_url}-geometry`, { signal }),
    fetch(mask_url, { credentials: 'same-origin', signal }),
  ])
  if (!response.ok) throw new Error(`mask answered ${response.status}`)
  const values = new Uint8Array(await response.arrayBuffer())
  return { id: finding.id, values, ...geometry }
}

/**
 * Lays the masks of the chosen findings over the pictures; dismissed ones never, unreviewed ones
 * hatched. Returns the ids whose mask could not be read.
 */
export function useFindingMasks(
  viewer: Viewer,
  findings: readonly Finding[],
  visible: ReadonlySet<string>,
): ReadonlySet<string> {
  const [failed, setFailed] = useState<ReadonlySet<string>>(new Set())
  const asked = useRef(new Set<string>())
  useEffect(() => {
    const abort = new AbortController()
    const shown = findings.filter(
      (finding) => visible.has(finding.id) && finding.state !== 'dismissed',
    )
    const lay = () =>
      viewer.setMasks(
        shown.map((finding) => ({
          id: finding.id,
          colour: finding.state === 'unreviewed' ? '#bc97ff' : '#52c88c',
          unreviewed: finding.state === 'unreviewed',
        })),
      )
    lay()
    for (const finding of shown) {
      const { mask_url } = finding
      if (mask_url === null || viewer.masks.has(finding.id) || asked.current.has(finding.id))
        continue
      asked.current.add(finding.id)
      readMask(finding, mask_url, abort.signal)
        .then((volume) => {
          viewer.masks.set(volume)
          lay()
        })
        .catch(() => {
          if (!abort.signal.aborted) setFailed((before) => new Set(before).add(finding.id))
        })
        .finally(() => asked.current.delete(finding.id))
    }
    return () => abort.abort()
  }, [viewer, findings, visible])
  return failed
}
