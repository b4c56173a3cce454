import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { useDocuments } from '@/api/documents'

import type { CaseRoom } from './useCaseRoom'

/** Hands the viewer the documents of the case that open in a viewport, for a stage that shows one. */
export function useStagePages(caseId: string, { viewer, studies }: CaseRoom): void {
  const { t } = useTranslation('documents')
  const { data } = useDocuments(caseId, studies)
  useEffect(() => {
    const known = (data ?? []).filter((one) => one.kind === 'pdf' && !one.withheld && one.page_url)
    viewer.documents.setKnown(
      known.map((one) => ({
        id: one.id,
        title: one.title || t('kind.pdf'),
        date: one.date || (one.study_date ?? ''),
        study_instance_uid: one.study_instance_uid,
        page_url: one.page_url,
      })),
    )
  }, [viewer, data, t])
}
