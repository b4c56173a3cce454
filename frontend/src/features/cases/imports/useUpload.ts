import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { caseKeys } from '@/api/cases'
import { discardUpload, importKeys, openUpload } from '@/api/imports'
import { asProblem, type Problem } from '@/api/problem'
import type { ImportBatch } from '@/api/types'
import { sendUpload, startsOf, type UploadFile } from '@/api/upload'

import { toUploadFiles } from './uploadFiles'

export interface Sending {
  files: UploadFile[]
  /** First byte of each file, and the end of the last. */
  starts: number[]
  offset: number
  isWaiting: boolean
}

interface UploadState {
  importId: string | null
  sending: Sending | null
  problem: Problem | null
}

const NOTHING: UploadState = { importId: null, sending: null, problem: null }

/** One upload of this page: sends, waits out a broken connection, goes on, is discarded. */
export function useUpload(caseId: string) {
  const client = useQueryClient()
  const [state, setState] = useState<UploadState>(NOTHING)
  const abort = useRef<AbortController | null>(null)
  const isSending = state.sending !== null
  useEffect(() => () => abort.current?.abort(), [])
  useEffect(() => {
    if (!isSending) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [isSending])

  const run = async (files: UploadFile[], open: () => Promise<ImportBatch>) => {
    const controller = new AbortController()
    abort.current = controller
    const starts = startsOf(files.map(({ size }) => size))
    setState({ importId: null, sending: { files, starts, offset: 0, isWaiting: false }, problem: null })
    let importId: string | null = null
    try {
      const batch = await open()
      importId = batch.id
      setState((now) => ({ ...now, importId, sending: now.sending && { ...now.sending, offset: batch.received_bytes } }))
      await sendUpload({
        to: `/api/imports/${importId}`,
        files,
        offset: batch.received_bytes,
        signal: controller.signal,
        onNews: (news) => setState((now) => ({ ...now, sending: now.sending && { ...now.sending, ...news } })),
      })
      setState({ importId, sending: null, problem: null })
    } catch (error) {
      if (!controller.signal.aborted) setState({ importId, sending: null, problem: asProblem(error) })
    }
    void client.invalidateQueries({ queryKey: importKeys.one(importId) })
    void client.invalidateQueries({ queryKey: caseKeys.studies(caseId) })
    void client.invalidateQueries({ queryKey: importKeys.open(caseId) })
  }
  return {
    ...state,
    start: async (chosen: File[]) => {
      const files = await toUploadFiles(chosen)
      await run(files, () => openUpload(caseId, files))
    },
    resume: (batch: ImportBatch, files: UploadFile[]) => run(files, () => Promise.resolve(batch)),
    /** Give it up: what has arrived is deleted. */
    discard: async (importId: string) => {
      abort.current?.abort()
      await discardUpload(importId).catch(() => undefined) // nobody goes on with it: it ends by itself in a day
      setState(NOTHING)
      void client.invalidateQueries({ queryKey: importKeys.open(caseId) })
    },
    reset: () => setState(NOTHING),
  }
}
