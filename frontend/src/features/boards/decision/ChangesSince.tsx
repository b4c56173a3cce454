import { useTranslation } from 'react-i18next'

import { useChanges } from '@/api/boards'
import type { Changes } from '@/api/types'
import { formatDate, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import own from './decision.module.css'

/** What is new since the board last decided on this case (MDT-11); nothing where it never did. */
export function ChangesSince({ caseId }: { caseId: string }) {
  const { t } = useTranslation('decisions')
  const changes = useChanges(caseId)
  if (changes.error) return <ProblemNotice problem={changes.error} onRetry={() => void changes.refetch()} />
  if (!changes.data?.since) return null
  const lines = linesOf(changes.data, t)
  return (
    <details className={own.changes} open={lines.length > 0}>
      <summary>{t('changes.title', { when: formatDate(changes.data.since.signed_at), count: lines.length })}</summary>
      <ul>
        {lines.map((line, index) => (
          <li key={index} className={own.keep}>
            {line}
          </li>
        ))}
        {changes.data.ai_hidden && <li>{t('changes.aiHidden')}</li>}
        {!changes.data.facts_known && <li>{t('changes.factsUnknown')}</li>}
      </ul>
    </details>
  )
}

type Translate = ReturnType<typeof useTranslation<'decisions'>>['t']

function linesOf(changes: Changes, t: Translate): string[] {
  return [
    ...changes.studies.map((study) =>
      t('changes.study', { what: [study.modalities.join('/'), study.description].filter(Boolean).join(' '), when: formatDate(study.study_date) }),
    ),
    ...changes.findings.map((finding) => t('changes.finding', { label: finding.label, state: wordFor('findingState', finding.decision), who: finding.reviewer, when: formatDate(finding.at) })),
    ...changes.facts.map((fact) => t('changes.fact', { field: t(`fact.${fact.field}`), before: fact.before || '–', now: fact.now || '–' })),
    ...changes.notes.map((note) => t(`changes.note.${note.kind}`, { text: note.text, when: formatDate(note.created_at) })),
  ]
}
