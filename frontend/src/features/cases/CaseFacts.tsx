import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import type { CaseDetail, Decision, Study } from '@/api/types'
import { formatDate, formatDateTime, wordFor } from '@/ui/format'
import { EmptyState } from '@/ui/EmptyState'
import { Section } from '@/ui/Screen'
import { IconTimeline } from '@tabler/icons-react'

import classes from './Case.module.css'
import { caseTimeline, type TimelineEvent } from './timeline'

/** FHIR names code systems by URL; people know them by their short names. */
const SYSTEM_NAMES: [RegExp, string][] = [
  [/icd-10/i, 'ICD-10'],
  [/icd-o/i, 'ICD-O-3'],
  [/snomed/i, 'SNOMED CT'],
]
const systemName = (system: string): string => SYSTEM_NAMES.find(([pattern]) => pattern.test(system))?.[1] ?? system

export function DiagnosisSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const { diagnosis } = entry
  const name = diagnosis?.display || diagnosis?.text || t('noDiagnosis')
  return (
    <Section title={t('diagnosis')} padded>
      <dl className={classes.facts}>
        <dt>{t('diagnosisName')}</dt>
        <dd>
          {name}
          {diagnosis?.code && (
            <div className={classes.aside}>
              {systemName(diagnosis.system)} {diagnosis.code}
            </div>
          )}
          {diagnosis?.display && diagnosis.text && <div className={classes.aside}>{diagnosis.text}</div>}
        </dd>
        <dt>{t('stage')}</dt>
        <dd>{entry.stage || t('noDiagnosis')}</dd>
        <dt>{t('ecog')}</dt>
        <dd>{entry.ecog ?? t('noDiagnosis')}</dd>
        <dt>{t('tumour')}</dt>
        <dd>{wordFor('tumourType', entry.tumour_type)}</dd>
        {entry.needed_by && (
          <>
            <dt>{t('neededBy')}</dt>
            <dd>{formatDate(entry.needed_by)}</dd>
          </>
        )}
        <dt>{t('meeting')}</dt>
        <dd>
          {entry.next_meeting ? (
            <Link to={`/meetings/${entry.next_meeting.id}`}>
              {entry.next_meeting.board}, {formatDateTime(entry.next_meeting.starts_at)}
            </Link>
          ) : (
            t('notScheduled')
          )}
        </dd>
      </dl>
    </Section>
  )
}

interface TimelineSectionProps {
  entry: CaseDetail
  studies: readonly Study[]
  decisions: readonly Decision[]
}

const DOTS: Record<TimelineEvent['kind'], string> = {
  study: 'var(--c-text-dim)',
  meeting: 'var(--c-accent)',
  decision: 'var(--c-ok)',
  draft: 'var(--c-warning)',
}

export function TimelineSection({ entry, studies, decisions }: TimelineSectionProps) {
  const { t } = useTranslation('cases')
  const events = caseTimeline(entry, studies, decisions)
  return (
    <Section title={t('timeline')}>
      {events.length === 0 ? (
        <EmptyState compact icon={IconTimeline} title={t('timelineEmpty')} />
      ) : (
        <ol className={classes.timeline}>
          {events.map((event) => (
            <li key={event.key} className={classes.event} style={{ '--dot': DOTS[event.kind] } as React.CSSProperties}>
              <span className={`${classes.eventDate} c-figures`}>{formatDate(event.at)}</span>
              <span className={classes.eventDot} aria-hidden />
              <span>
                {event.kind === 'study' && (
                  <>
                    <span className={classes.modalities}>
                      {event.modalities.map((modality) => (
                        <span key={modality} className={classes.modality}>
                          {modality}
                        </span>
                      ))}
                    </span>
                    {event.what}
                  </>
                )}
                {event.kind === 'meeting' && event.board}
                {event.kind === 'decision' && t(event.isProvisional ? 'decisions:provisionalEvent' : 'event.decision')}
                {event.kind === 'draft' && t('event.draft')}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
