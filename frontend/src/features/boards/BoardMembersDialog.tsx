import { ActionIcon, Button, Group, Modal, Select } from '@mantine/core'
import { IconUserMinus, IconUserPlus } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useBoardMemberActions, useBoardMembers } from '@/api/boards'
import type { BoardRecording } from '@/api/recordings'
import { useMe } from '@/api/session'
import type { Board, BoardMember, BoardRole } from '@/api/types'
import { AgendaRules } from '@/features/readiness/AgendaRules'
import { PersonBadge } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { wordFor } from '@/ui/format'
import { PersonSelect } from '@/ui/PersonSelect'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { AiReadingSetting } from './AiReadingSetting'
import classes from './Boards.module.css'
import { RecordingSetting } from './RecordingSetting'
import { QuorumField } from './QuorumField'
import { BOARD_ROLES, runsBoard } from './roles'

const roleChoices = () => BOARD_ROLES.map((value) => ({ value, label: wordFor('boardRole', value) }))

/** Something that takes access away and is asked about first; no role means unseating. */
interface Asked {
  member: BoardMember
  role: BoardRole | null
}

interface BoardMembersDialogProps {
  board: Pick<Board, 'id' | 'name' | 'my_role'> & Partial<Pick<Board, 'ai_reading'> & BoardRecording>
  onClose: () => void
}

/** Who sits on a board; chair and coordinator change it here. */
export function BoardMembersDialog({ board, onClose }: BoardMembersDialogProps) {
  const { t } = useTranslation('boards')
  const me = useMe()
  const members = useBoardMembers(board.id)
  const { add, change, remove } = useBoardMemberActions(board.id)
  const [asked, setAsked] = useState<Asked | null>(null)
  const mayEdit = runsBoard(board.my_role)
  const problem = change.error ?? remove.error
  const settle = { onSettled: () => setAsked(null) }
  const perform = ({ member, role }: Asked) => {
    change.reset()
    remove.reset()
    if (role) change.mutate({ id: member.id, role }, settle)
    else remove.mutate(member.id, settle)
  }
  // Giving up one's own say over the board cannot be taken back by oneself.
  const choose = (member: BoardMember, role: BoardRole) => {
    if (role === member.role) return
    if (member.user.id === me.data?.id && !runsBoard(role)) setAsked({ member, role })
    else perform({ member, role })
  }
  return (
    <Modal opened onClose={onClose} title={t('members.title', { board: board.name })} size="lg">
      <QuorumField boardId={board.id} mayEdit={mayEdit} />
      <AgendaRules boardId={board.id} mayEdit={mayEdit} />
      {members.error && !members.data && <ProblemNotice problem={members.error} onRetry={() => void members.refetch()} />}
      {!members.data && !members.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
      <ul className={classes.seats} aria-label={t('members.title', { board: board.name })}>
        {members.data?.map((member) => (
          <li key={member.id} className={classes.seat} data-member={member.id}>
            <PersonBadge person={member.user} role={[wordFor('discipline', member.user.discipline), member.user.institution?.name].filter(Boolean).join(' · ')} />
            {mayEdit ? (
              <span className={classes.seatActs}>
                <Select
                  size="xs"
                  w={160}
                  allowDeselect={false}
                  aria-label={t('members.roleOf', { name: member.user.display_name })}
                  value={member.role}
                  onChange={(role) => role && choose(member, role)}
                  data={roleChoices()}
                />
                <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('members.remove', { name: member.user.display_name })} onClick={() => setAsked({ member, role: null })}>
                  <IconUserMinus size={16} aria-hidden />
                </ActionIcon>
              </span>
            ) : (
              <span className={classes.seatActs}>{wordFor('boardRole', member.role)}</span>
            )}
            {asked?.member.id === member.id && (
              <Question asked={asked} isOwn={member.user.id === me.data?.id} busy={change.isPending || remove.isPending} onConfirm={() => perform(asked)} onCancel={() => setAsked(null)} />
            )}
          </li>
        ))}
      </ul>
      {problem && <ProblemNotice problem={problem} />}
      <AiReadingSetting board={board} mayEdit={mayEdit} />
      <RecordingSetting board={board} mayEdit={mayEdit} />
      {mayEdit && members.data && <AddMember members={members.data} add={add} />}
      {!mayEdit && <p className={classes.dim}>{t('members.notYou')}</p>}
    </Modal>
  )
}

interface QuestionProps {
  asked: Asked
  isOwn: boolean
  busy: boolean
  onConfirm: () => void
  onCancel: () => void
}

function Question({ asked, isOwn, busy, onConfirm, onCancel }: QuestionProps) {
  const { t } = useTranslation('boards')
  // Where the question came from is where the keyboard goes on.
  const [trigger] = useState(() => document.activeElement)
  useEffect(() => () => void (trigger instanceof HTMLElement && trigger.focus()), [trigger])
  const name = asked.member.user.display_name
  const text = asked.role ? t('members.confirmOwnRole') : isOwn ? t('members.confirmLeave') : t('members.confirmRemove', { name })
  return (
    <div className={classes.question} role="group" aria-label={text}>
      <span>{text}</span>
      <Group gap={6}>
        <Button size="compact-sm" color="urgent" loading={busy} onClick={onConfirm}>
          {asked.role ? t('members.changeOwn') : t('members.removeNow')}
        </Button>
        <Button size="compact-sm" variant="default" autoFocus onClick={onCancel}>
          {t('common:action.cancel')}
        </Button>
      </Group>
    </div>
  )
}

interface AddMemberProps {
  members: readonly BoardMember[]
  add: ReturnType<typeof useBoardMemberActions>['add']
}

function AddMember({ members, add }: AddMemberProps) {
  const { t } = useTranslation('boards')
  const [user, setUser] = useState<string | null>(null)
  const [role, setRole] = useState<BoardRole>('core')
  const seated = new Set(members.map((member) => member.user.id))
  return (
    <form
      className={classes.addSeat}
      onSubmit={(event) => {
        event.preventDefault()
        if (user) add.mutate({ user, role }, { onSuccess: () => setUser(null) })
      }}
    >
      <PersonSelect label={t('members.person')} value={user} onChange={setUser} without={seated} />
      <Select label={t('members.role')} allowDeselect={false} value={role} onChange={(value) => value && setRole(value)} data={roleChoices()} />
      <Button type="submit" disabled={!user} loading={add.isPending} leftSection={<IconUserPlus size={16} aria-hidden />}>
        {t('members.add')}
      </Button>
      <p className={classes.addHint}>{t('members.addHint')}</p>
      {add.error && <ProblemNotice problem={add.error} />}
    </form>
  )
}
