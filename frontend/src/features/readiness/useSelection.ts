import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

import type { CaseListEntry } from '@/api/types'
import { isTyping } from '@/ui/useListKeys'

const NOBODY: ReadonlySet<string> = new Set()

/** Cases chosen by ticking or by `x` on the row that is selected; those no longer shown fall out. */
export function useSelection(rows: readonly CaseListEntry[] | undefined, isEnabled: boolean) {
  const [ids, setIds] = useState<ReadonlySet<string>>(NOBODY)
  const here = useRef<string | null>(null)
  const toggle = useCallback(
    (caseId: string) =>
      setIds((before) => {
        const after = new Set(before)
        if (!after.delete(caseId)) after.add(caseId)
        return after
      }),
    [],
  )
  const clear = useCallback(() => setIds(NOBODY), [])
  const onSelect = useCallback((entry: CaseListEntry) => {
    here.current = entry.id
  }, [])
  useEffect(() => {
    if (!isEnabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'x' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const row = rows?.find((entry) => entry.id === here.current) ?? rows?.[0]
      if (!row) return
      event.preventDefault()
      toggle(row.id)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [isEnabled, rows, toggle])
  const entries = useMemo(() => (isEnabled || ids.size ? (rows ?? []).filter((entry) => ids.has(entry.id)) : []), [rows, ids, isEnabled])
  return { chosen: ids, toggle, clear, entries, onSelect }
}
