import { Button } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { notifications } from '@mantine/notifications'
import { IconDatabaseImport, IconPhotoOff, IconSparkles, IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useRetryStudy, useStudies } from '@/api/cases'
import type { CaseDetail } from '@/api/types'
import { StudyMenu } from '@/features/ai/research/StudyMenu'
import { useImagesSentence } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatRelative } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import { AnalyseDialog } from './AnalyseDialog'
import classes from './Case.module.css'
import { completenessOf } from './completeness'
import { ImportDialog } from './imports/ImportDialog'
import { OpenImports } from './imports/OpenImports'
import { LinkStudyDialog } from './LinkStudyDialog'
import { PriorStudies } from './PriorStudies'
import { StudyCard } from './StudyCard'

type Dialog = { kind: 'link' } | { kind: 'import'; files: File[]; openId: string | null } | { kind: 'analyse' } | null

export function ImagesSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const studies = useStudies(entry.id)
  const retry = useRetryStudy(entry.id)
  const [dialog, setDialog] = useState<Dialog>(null)
  const mayLink = entry.can.includes('link_studies')
  const mayAnalyse = entry.can.includes('run_ai') && (studies.data ?? []).some((study) => study.state === 'ready')
  const byDate = [...(studies.data ?? [])].sort((a, b) => (b.study_date ?? '').localeCompare(a.study_date ?? ''))
  const close = () => setDialog(null)
  const images = studies.data ? completenessOf(studies.data) : entry.images
  const sentence = useImagesSentence(images)
  return (
    <Section
      title={t('images.title')}
      count={studies.data?.length}
      id="images"
      actions={
        <>
          {mayAnalyse && (
            <Button size="xs" variant="subtle" color="ai" leftSection={<IconSparkles size={15} aria-hidden />} onClick={() => setDialog({ kind: 'analyse' })}>
              {t('images.analyse')}
            </Button>
          )}
          {mayLink && (
            <>
              <Button size="xs" variant="default" leftSection={<IconUpload size={15} aria-hidden />} onClick={() => setDialog({ kind: 'import', files: [], openId: null })}>
                {t('images.upload')}
              </Button>
              <Button size="xs" variant="default" leftSection={<IconDatabaseImport size={15} aria-hidden />} onClick={() => setDialog({ kind: 'link' })}>
                {t('images.link')}
              </Button>
            </>
          )}
        </>
      }
    >
      {mayLink && entry.guise === 'identified' && (
        <OpenImports caseId={entry.id} onOpen={(openId) => setDialog({ kind: 'import', files: [], openId })} />
      )}
      {images.total > 0 && (
        <p className={classes.completeness} data-state={images.state} data-testid="images-complete" role="status">
          {sentence}
          {images.checked_at && <span className={classes.dim}> · {t('images.checked', { when: formatRelative(images.checked_at) })}</span>}
        </p>
      )}
      {studies.error && !studies.data && <ProblemNotice problem={studies.error} onRetry={() => void studies.refetch()} />}
      {!studies.data && !studies.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {studies.data?.length === 0 && (
        <EmptyState icon={IconPhotoOff} title={t('images.empty')} hint={mayLink ? t('images.emptyHint') : t('images.emptyReader')} />
      )}
      {byDate.map((study) => (
        <StudyCard
          key={study.id}
          caseId={entry.id}
          study={study}
          menu={<StudyMenu entry={entry} study={study} />}
          mayClear={mayLink && entry.guise === 'identified'}
          onRetry={
            mayLink
              ? (failed) =>
                  retry.mutate(failed.study_instance_uid, {
                    onSuccess: () => notifications.show({ message: t('images.retryDone') }),
                    onError: (error) => notifications.show({ message: <ProblemNotice problem={error} />, withBorder: false, p: 0 }),
                  })
              : undefined
          }
        />
      ))}
      {mayLink && entry.guise === 'identified' && <PriorStudies caseId={entry.id} />}
      {mayLink && dialog === null && (
        <Dropzone.FullScreen active aria-hidden activateOnKeyboard={false} onDrop={(files) => setDialog({ kind: 'import', files, openId: null })}>
          <EmptyState icon={IconUpload} title={t('images.drop')} />
        </Dropzone.FullScreen>
      )}
      {dialog?.kind === 'link' && <LinkStudyDialog entry={entry} linked={studies.data ?? []} onClose={close} />}
      {dialog?.kind === 'import' && <ImportDialog entry={entry} initialFiles={dialog.files} openId={dialog.openId} onClose={close} />}
      {dialog?.kind === 'analyse' && <AnalyseDialog entry={entry} studies={studies.data ?? []} onClose={close} />}
    </Section>
  )
}
