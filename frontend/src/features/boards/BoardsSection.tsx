import { Button } from '@mantine/core'
import { IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Board } from '@/api/types'
import { wordFor } from '@/ui/format'
import { Section } from '@/ui/Screen'

import { BoardMembersDialog } from './BoardMembersDialog'
import classes from './Boards.module.css'

/** The boards one sits on, and the way to who else does. */
export function BoardsSection({ boards }: { boards: readonly Board[] }) {
  const { t } = useTranslation('boards')
  const [openId, setOpenId] = useState<string | null>(null)
  const open = boards.find((board) => board.id === openId)
  return (
    <Section title={t('members.boards')} count={boards.length}>
      <ul className={classes.seats}>
        {boards.map((board) => (
          <li key={board.id} className={`${classes.seat} ${classes.board}`}>
            <span className={classes.boardName}>
              {board.name}
              {board.my_role && <span className={classes.dim}>{wordFor('boardRole', board.my_role)}</span>}
            </span>
            <Button
              size="compact-sm"
              variant="default"
              style={{ flex: 'none' }}
              leftSection={<IconUsersGroup size={14} aria-hidden />}
              aria-label={t('members.of', { board: board.name })}
              onClick={() => setOpenId(board.id)}
            >
              {t('members.open')}
            </Button>
          </li>
        ))}
      </ul>
      {open && <BoardMembersDialog board={open} onClose={() => setOpenId(null)} />}
    </Section>
  )
}
