import { Button, Loader } from '@mantine/core'
import { IconFileTypePdf } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { documentQuery } from '@/api/documents'
import type { CaseDocument } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'
import type { Viewer } from '@/viewer/viewer'

import panels from '../panels.module.css'
import classes from './documents.module.css'
import { KeyImageList } from './KeyImageList'
import { MeasurementGroups } from './MeasurementGroups'
import { PresentationView } from './PresentationView'
import { ReportView } from './ReportView'

interface OpenDocumentProps {
  caseId: string
  viewer: Viewer
  listed: CaseDocument
}

/** What one document says, each kind in its own way. */
export function OpenDocument({ caseId, viewer, listed }: OpenDocumentProps) {
  if (listed.kind === 'pdf') return <PdfOpener viewer={viewer} listed={listed} />
  return <ReadDocument caseId={caseId} viewer={viewer} listed={listed} />
}

function ReadDocument({ caseId, viewer, listed }: OpenDocumentProps) {
  const { data, error, refetch } = useQuery(documentQuery(caseId, listed.id))
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />
  if (!data) return <Loader size="sm" m={8} />
  const known = new Set(listed.problems.map(({ code }) => code))
  return (
    <div className={classes.opened}>
      {data.problems
        .filter(({ code }) => !known.has(code))
        .map((problem) => (
          <p key={problem.code} className={panels.tileWarning}>
            {problem.message}
          </p>
        ))}
      {data.kind === 'kos' && <KeyImageList viewer={viewer} images={data.images} />}
      {data.presentation && <PresentationView viewer={viewer} document={data} />}
      {data.groups.length > 0 && <MeasurementGroups viewer={viewer} document={data} />}
      {data.kind === 'sr' && <ReportView viewer={viewer} document={data} />}
    </div>
  )
}

function PdfOpener({ viewer, listed }: { viewer: Viewer; listed: CaseDocument }) {
  const { t } = useTranslation('documents')
  const show = () =>
    viewer.documents.open(viewer.active, {
      id: listed.id,
      title: listed.title || t('kind.pdf'),
      date: listed.date || (listed.study_date ?? ''),
      study_instance_uid: listed.study_instance_uid,
      page_url: listed.page_url,
    })
  return (
    <div className={classes.opened}>
      <Button size="xs" variant="default" leftSection={<IconFileTypePdf size={15} />} onClick={show}>
        {t('showInViewport')}
      </Button>
    </div>
  )
}
