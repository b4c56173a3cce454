import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { bundleUploadPath, discardBundleUpload, installBundle, openBundleUpload } from '@/api/models'
import { asProblem, type Problem } from '@/api/problem'
import type { VersionDetail } from '@/api/types'
import { sendUpload } from '@/api/upload'

interface BundleUploadState {
  step: 'idle' | 'sending' | 'reading'
  sent: number
  total: number
  isWaiting: boolean
  problem: Problem | null
}

interface Given {
  archive: File
  sideCar: File | null
  slug: string
}

const IDLE: BundleUploadState = { step: 'idle', sent: 0, total: 0, isWaiting: false, problem: null }

/** Sends a bundle in pieces and has it read; a refusal leaves nothing behind. */
export function useBundleUpload() {
  const client = useQueryClient()
  const [state, setState] = useState(IDLE)
  const abort = useRef<AbortController | null>(null)
  const uploadId = useRef<string | null>(null)
  useEffect(() => () => abort.current?.abort(), [])

  const drop = async () => {
    const id = uploadId.current
    uploadId.current = null
    if (id) await discardBundleUpload(id).catch(() => undefined) // it is forgotten by itself in a day
  }

  const start = async ({ archive, sideCar, slug }: Given): Promise<VersionDetail | null> => {
    const controller = new AbortController()
    abort.current = controller
    setState({ ...IDLE, step: 'sending', total: archive.size })
    try {
      const upload = await openBundleUpload(archive)
      uploadId.current = upload.id
      const file = { file: archive, name: archive.name, size: archive.size, modified: archive.lastModified }
      await sendUpload({
        to: bundleUploadPath(upload.id),
        files: [file],
        offset: 0,
        signal: controller.signal,
        onNews: ({ offset, isWaiting }) => setState((now) => ({ ...now, sent: offset, isWaiting })),
      })
      setState((now) => ({ ...now, step: 'reading', sent: archive.size }))
      const version = await installBundle(upload.id, { side_car: sideCar ? await sideCar.text() : '', slug })
      uploadId.current = null
      void client.invalidateQueries({ queryKey: ['models'] })
      setState(IDLE)
      return version
    } catch (error) {
      await drop()
      setState({ ...IDLE, problem: controller.signal.aborted ? null : asProblem(error) })
      return null
    }
  }
  const discard = async () => {
    abort.current?.abort()
    await drop()
    setState(IDLE)
  }
  return { ...state, start, discard }
}
