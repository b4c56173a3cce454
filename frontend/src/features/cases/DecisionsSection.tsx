import { Button } from '@mantine/core'
import { IconEyeOff, IconGavel, IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useDecisions } from '@/api/boards'
import { useMembers } from '@/api/cases'
import type { CaseDetail } from '@/api/types'
import { ChangesSince } from '@/features/boards/decision/ChangesSince'
import { DecisionPanelConnected } from '@/features/boards/decision/DecisionPanelConnected'
import { DecisionRecord } from '@/features/boards/decision/DecisionRecord'
import { OwnPosition } from '@/features/boards/decision/OwnPosition'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

/** What the board decided, and the form for whoever may write it down. */
export function DecisionsSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const isVisible = entry.can.includes('view_identified')
  const decisions = useDecisions(entry.id, isVisible)
  const members = useMembers(entry.id, isVisible)
  const [isWriting, setWriting] = useState(false)
  const mayWrite = entry.can.includes('write_decision')
  const draft = decisions.data?.find((decision) => decision.status === 'draft') ?? null
  const records = (decisions.data ?? []).filter((decision) => !(mayWrite && isWriting && decision === draft))
  const people = [...new Map((members.data ?? []).map((member) => [member.user.id, member.user])).values()]
  return (
    <Section
      title={t('decisions.title')}
      count={decisions.data?.length}
      id="decisions"
      actions={
        mayWrite &&
        !isWriting && (
          <Button size="xs" variant="default" leftSection={<IconPencil size={15} aria-hidden />} onClick={() => setWriting(true)}>
            {t('decisions.write')}
          </Button>
        )
      }
    >
      {!isVisible && <EmptyState compact icon={IconEyeOff} title={t('decisions.hidden')} />}
      {decisions.error && <ProblemNotice problem={decisions.error} onRetry={() => void decisions.refetch()} />}
      {isVisible && !decisions.data && !decisions.error && <LoadingRows label={t('common:list.loading')} rows={2} />}
      {isVisible && records.some(({ status }) => status === 'signed') && <ChangesSince caseId={entry.id} />}
      {isWriting && (
        <DecisionPanelConnected
          key={draft?.id ?? 'new'}
          caseId={entry.id}
          decision={draft}
          meetingId={entry.next_meeting?.id ?? null}
          people={people}
          maySign={entry.can.includes('sign_decision')}
          onSigned={() => setWriting(false)}
        />
      )}
      {decisions.data?.length === 0 && !isWriting && (
        <EmptyState compact icon={IconGavel} title={t('decisions.empty')} hint={t('decisions.emptyHint')} />
      )}
      {records.map((decision) => (
        <DecisionRecord key={decision.id} decision={decision} can={entry.can} people={people} meetingId={entry.next_meeting?.id ?? null} />
      ))}
      {draft && !isWriting && entry.can.includes('state_position') && <OwnPosition caseId={entry.id} decision={draft} />}
    </Section>
  )
}
