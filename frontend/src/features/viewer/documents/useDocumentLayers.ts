import { useQueries } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'

import { documentQuery } from '@/api/documents'
import type { Viewer } from '@/viewer/viewer'

import { layerOf } from './layers'

/** Reads what is to be drawn on the pictures, by whoever asked for it, and hands it to the viewer. */
export function useDocumentLayers(caseId: string, viewer: Viewer): void {
  const { t } = useTranslation('documents')
  const subscribe = useCallback(
    (notify: () => void) => viewer.graphics.changed.on(notify),
    [viewer],
  )
  const ids = useSyncExternalStore(subscribe, () => viewer.graphics.shownIds)
  const opened = useQueries({
    queries: [...ids].map((id) => documentQuery(caseId, id)),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  })
  useEffect(() => {
    const known = new Set(viewer.graphics.layers.map(({ id }) => id))
    for (const document of opened) {
      if (!known.has(document.id)) viewer.graphics.set(layerOf(document, t))
    }
  }, [viewer, opened, t])
}
