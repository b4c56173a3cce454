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
import { participantsOf, type Participant } from './members'

export function PeopleSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('cases')
  const isVisible = entry.can.includes('view_identified')
  const members = useMembers(entry.id, isVisible)
  const [isInviting, setInviting] = useState(false)
  const [leaving, setLeaving] = useState<CaseMember | null>(null)
  const participants = participantsOf(members.data ?? [])
  const mayManage = entry.can.includes('manage_members')
  return (
    <Section
      title={t('people.title')}
      count={members.data && participants.length}
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
      {participants.map((participant) => (
        <ParticipantRow key={participant.user.id} participant={participant} onRevoke={mayManage ? setLeaving : undefined} />
      ))}
      {isInviting && <InviteDialog caseId={entry.id} onClose={() => setInviting(false)} />}
      {leaving && (
        <RevokeDialog caseId={entry.id} grant={leaving} rest={participants.flatMap(({ grants }) => grants.filter(({ id, user }) => user.id === leaving.user.id && id !== leaving.id))} onClose={() => setLeaving(null)} />
      )}
    </Section>
  )
}

interface ParticipantProps {
  participant: Participant
  /** Undefined for whoever may not revoke. */
  onRevoke?: (grant: CaseMember) => void
}

/** One person: one line for one way in, a list of ways when there are several. */
function ParticipantRow({ participant, onRevoke }: ParticipantProps) {
  const { t } = useTranslation('cases')
  const describe = useDescribedGrant()
  const { user, grants, until } = participant
  const discipline = wordFor('discipline', user.discipline)
  const [only, ...more] = grants
  if (only && more.length === 0) {
    return (
      <div className={classes.member} data-person={user.id}>
        <PersonBadge person={user} role={[discipline, describe(only)].join(' · ')} />
        <GrantEnd grant={only} label={t('people.remove', { name: user.display_name })} onRevoke={onRevoke} />
      </div>
    )
  }
  const ends = until ? t('people.until', { date: formatDate(until) }) : t('people.noEnd')
  return (
    <div className={classes.memberWays} data-person={user.id}>
      <PersonBadge person={user} role={[discipline, t('people.ways', { count: grants.length }), ends].join(' · ')} />
      <ul className={classes.ways} aria-label={t('people.waysOf', { name: user.display_name })}>
        {grants.map((grant) => (
          <li key={grant.id}>
            <span>{describe(grant)}</span>
            <GrantEnd grant={grant} label={t('people.removeWay', { name: user.display_name, way: describe(grant) })} onRevoke={onRevoke} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function GrantEnd({ grant, label, onRevoke }: { grant: CaseMember; label: string; onRevoke?: (grant: CaseMember) => void }) {
  return (
    <span className={classes.memberEnd}>
      <GuiseChip guise={grant.guise} />
      {onRevoke && (
        <ActionIcon variant="subtle" color="gray" aria-label={label} title={label} onClick={() => onRevoke(grant)}>
          <IconUserMinus size={16} aria-hidden />
        </ActionIcon>
      )}
    </span>
  )
}

/** In which capacity, whence, and until when. */
function useDescribedGrant(): (grant: CaseMember) => string {
  const { t } = useTranslation('cases')
  return ({ capacity, source, expires_at }) =>
    [wordFor('capacity', capacity), wordFor('grantSource', source), expires_at && t('people.until', { date: formatDate(expires_at) })].filter(Boolean).join(' · ')
}

interface RevokeDialogProps {
  caseId: string
  grant: CaseMember
  /** The person's other grants; they stay. */
  rest: readonly CaseMember[]
  onClose: () => void
}

function RevokeDialog({ caseId, grant, rest, onClose }: RevokeDialogProps) {
  const { t } = useTranslation('cases')
  const describe = useDescribedGrant()
  const revoke = useRevokeAccess(caseId)
  const name = grant.user.display_name
  return (
    <Modal opened onClose={onClose} title={t('people.revoke')} size="sm">
      <Stack gap="md">
        {rest.length === 0 ? (
          <Text>{t('people.removeConfirm', { name })}</Text>
        ) : (
          <Text>{t('people.removeWayConfirm', { name, way: describe(grant), rest: rest.map(describe).join('; ') })}</Text>
        )}
        {revoke.error && <ProblemNotice problem={revoke.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button color="urgent" loading={revoke.isPending} onClick={() => revoke.mutate(grant.id, { onSuccess: onClose })}>
            {t('people.revoke')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
