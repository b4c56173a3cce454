import { Button } from '@mantine/core'
import { IconClockExclamation, IconPencil, IconPhoto, IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router-dom'

import { useStartLive } from '@/api/boards'
import { useCase } from '@/api/cases'
import type { CaseDetail } from '@/api/types'
import { CaseFindingsSection } from '@/features/ai/CaseFindingsSection'
import { CaseJobsSection } from '@/features/ai/CaseJobsSection'
import { MovesSection } from '@/features/readiness/MovesSection'
import { ReadinessSection } from '@/features/readiness/ReadinessSection'
import { CaseFollowUpSection } from '@/features/followup/CaseFollowUpSection'
import { AiUrgencyChip } from '@/ui/AiUrgency'
import { Chip } from '@/ui/Chip'
import { GuiseChip, PatientLine, UrgencyChip } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { formatRelative, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section, useDocumentTitle } from '@/ui/Screen'

import classes from './Case.module.css'
import { DiagnosisSection } from './CaseFacts'
import { ClinicalSection } from './clinical/ClinicalSection'
import { TimelineSection } from './clinical/TimelineSection'
import { DecisionsSection } from './DecisionsSection'
import { EditCaseDialog } from './EditCaseDialog'
import { ImagesSection } from './ImagesSection'
import { PeopleSection } from './PeopleSection'
import { RecordingsSection } from './RecordingsSection'
import { ToursSection } from './ToursSection'

export default function CaseRoute() {
  const { caseId = '' } = useParams()
  const { t } = useTranslation()
  const found = useCase(caseId)
  useDocumentTitle(found.data?.title ?? t('app.name'))
  if (found.error && !found.data) {
    return (
      <div className={classes.page}>
        <h1 className="c-visually-hidden">{t('access:cases.missing')}</h1>
        <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />
      </div>
    )
  }
  if (!found.data) return <LoadingRows label={t('list.loading')} rows={10} />
  return <CaseScreen key={found.data.id} entry={found.data} />
}

function CaseScreen({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  return (
    <>
      <CaseBanner entry={entry} />
      <div className={classes.page}>
        <div className={classes.head}>
          <h1 className={classes.title}>{entry.title}</h1>
          <Chip>{wordFor('caseStatus', entry.status)}</Chip>
          <UrgencyChip urgency={entry.urgency} reason={entry.urgency_reason} />
          <AiUrgencyChip urgency={entry.ai_urgency} />
          {entry.urgency !== 'routine' && entry.urgency_reason && <span className={classes.dim}>{entry.urgency_reason}</span>}
        </div>
        <div className={classes.grid}>
          <div className={classes.column}>
            <Section title={t('question')} padded>
              <p className={classes.question}>{entry.clinical_question || t('noQuestion')}</p>
              {entry.history && <p className={classes.history}>{entry.history}</p>}
            </Section>
            <ClinicalSection entry={entry} />
            <ReadinessSection entry={entry} />
            <ImagesSection entry={entry} />
            <CaseFindingsSection entry={entry} />
            <DecisionsSection entry={entry} />
            <CaseFollowUpSection entry={entry} />
            <ToursSection entry={entry} />
            <RecordingsSection entry={entry} />
          </div>
          <div className={classes.column}>
            <DiagnosisSection entry={entry} />
            <TimelineSection caseId={entry.id} />
            <CaseJobsSection entry={entry} />
            <PeopleSection entry={entry} />
            <MovesSection entry={entry} />
          </div>
        </div>
      </div>
    </>
  )
}

/** Whose case this is stays on screen while the page scrolls. */
function CaseBanner({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const navigate = useNavigate()
  const startLive = useStartLive()
  const [isEditing, setEditing] = useState(false)
  const hasImages = entry.images.ready > 0
  return (
    <div className={classes.banner}>
      <div className={classes.patient}>
        <PatientLine patient={entry.patient} />
        <GuiseChip guise={entry.guise} />
        {entry.expires_at && (
          <Chip tone="warning" icon={<IconClockExclamation size={13} aria-hidden />}>
            {t('expires', { when: formatRelative(entry.expires_at) })}
          </Chip>
        )}
      </div>
      <div className={classes.bannerActions}>
        {entry.can.includes('edit') && (
          <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setEditing(true)}>
            {t('edit')}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconUsersGroup size={16} aria-hidden />}
          loading={startLive.isPending}
          disabled={!hasImages}
          onClick={() => startLive.mutate({ case: entry.id }, { onSuccess: (session) => void navigate(`/live/${session.id}`) })}
        >
          {t('startLive')}
        </Button>
        {hasImages ? (
          <Button component={Link} to={`/cases/${entry.id}/view`} leftSection={<IconPhoto size={16} aria-hidden />}>
            {t('openImages')}
          </Button>
        ) : (
          <Button disabled leftSection={<IconPhoto size={16} aria-hidden />} title={t('noReadyImages')}>
            {t('openImages')}
          </Button>
        )}
      </div>
      {startLive.error && (
        <div style={{ flexBasis: '100%' }}>
          <ProblemNotice problem={startLive.error} />
        </div>
      )}
      {isEditing && <EditCaseDialog entry={entry} onClose={() => setEditing(false)} />}
    </div>
  )
}
