import { ActionIcon, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { IconEyeOff, IconUserMinus, IconUserPlus, IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMembers, useRevokeAccess } from '@/api/cases'
import type { CaseDetail, CaseMember } from '@/api/types'
import { GuiseChip, PersonBadge } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Case.module.css'
import { InviteDialog } from './InviteDialog'

export function PeopleSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const isVisible = entry.can.includes('view_identified')
  const members = useMembers(entry.id, isVisible)
  const [isInviting, setInviting] = useState(false)
  const [leaving, setLeaving] = useState<CaseMember | null>(null)
  const mayManage = entry.can.includes('manage_members')
  return (
    <Section
      title={t('people.title')}
      count={members.data?.length}
      actions={
        mayManage && (
          <Button size="xs" variant="default" leftSection={<IconUserPlus size={15} aria-hidden />} onClick={() => setInviting(true)}>
            {t('people.invite')}
          </Button>
        )
      }
    >
      {!isVisible && <EmptyState compact icon={IconEyeOff} title={t('people.hidden')} />}
      {isVisible && members.error && <ProblemNotice problem={members.error} onRetry={() => void members.refetch()} />}
      {isVisible && !members.data && !members.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
      {members.data?.length === 0 && <EmptyState compact icon={IconUsers} title={t('people.alone')} />}
      {members.data?.map((member) => (
        <div key={member.id} className={classes.member}>
          <PersonBadge person={member.user} role={describeMember(member, t('people.until', { date: formatDate(member.expires_at) }))} />
          <span className={classes.memberEnd}>
            <GuiseChip guise={member.guise} />
            {mayManage && (
              <ActionIcon variant="subtle" color="gray" aria-label={t('people.remove', { name: member.user.display_name })} onClick={() => setLeaving(member)}>
                <IconUserMinus size={16} aria-hidden />
              </ActionIcon>
            )}
          </span>
        </div>
      ))}
      {isInviting && <InviteDialog caseId={entry.id} onClose={() => setInviting(false)} />}
      {leaving && <RevokeDialog caseId={entry.id} member={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  )
}

function describeMember(member: CaseMember, until: string): string {
  return [wordFor('discipline', member.user.discipline), wordFor('capacity', member.capacity), member.source !== 'board' && wordFor('grantSource', member.source), member.expires_at && until]
    .filter(Boolean)
    .join(' · ')
}

function RevokeDialog({ caseId, member, onClose }: { caseId: string; member: CaseMember; onClose: () => void }) {
  const { t } = useTranslation('cases')
  const revoke = useRevokeAccess(caseId)
  return (
    <Modal opened onClose={onClose} title={t('people.revoke')} size="sm">
      <Stack gap="md">
        <Text>{t('people.removeConfirm', { name: member.user.display_name })}</Text>
        {revoke.error && <ProblemNotice problem={revoke.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button color="urgent" loading={revoke.isPending} onClick={() => revoke.mutate(member.id, { onSuccess: onClose })}>
            {t('people.revoke')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
