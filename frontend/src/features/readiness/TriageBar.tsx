import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type TriageWish, useBulkActions, useReadinessActions } from '@/api/readiness'
import type { CaseMove, CaseReadiness } from '@/api/types'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { isTyping } from '@/ui/useListKeys'

import classes from './Readiness.module.css'
import { TriageDialog } from './TriageDialog'
import { offeredMoves } from './words'

type Move = TriageWish['to']
const KEYS: Record<string, Move> = { R: 'ready', N: 'needs_info', L: 'soc_listed', D: 'deferred', W: 'withdrawn', B: 'submitted' }
/** Moves that need no more words where nothing stands against them. */
const AT_ONCE: ReadonlySet<Move> = new Set<Move>(['submitted'])

/** Where this case may go from here, by button or by Shift and its letter; each can be taken back. */
export function TriageBar({ row, keysEnabled }: { row: CaseReadiness; keysEnabled: boolean }) {
  const { t } = useTranslation('readiness')
  const { triage, pullUp } = useReadinessActions(row.case)
  const { undo } = useBulkActions()
  const [asked, setAsked] = useState<Move | null>(null)
  const mayTriage = row.may.includes('triage')
  const moves = mayTriage ? (offeredMoves(row.status) as Move[]) : []
  const mayPullUp = row.status === 'soc_listed' && row.may.includes('pull_up')
  const told = (move: CaseMove) => {
    const id = notifications.show({
      title: t('triage.done', { status: wordFor('caseStatus', move.to_status) }),
      message: (
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={() => {
            notifications.hide(id)
            undo.mutate([move.id])
          }}
        >
          {t('common:action.undo')}
        </Button>
      ),
    })
    setAsked(null)
  }
  const send = (wish: TriageWish) => triage.mutate({ wish, version: row.case_version }, { onSuccess: told })
  const pull = () => pullUp.mutate(undefined, { onSuccess: told })
  const begin = (move: Move) => {
    triage.reset()
    if (AT_ONCE.has(move) || (move === 'ready' && row.is_ready)) send({ to: move })
    else setAsked(move)
  }
  useEffect(() => {
    if (!keysEnabled || asked !== null) return
    const onKey = (event: KeyboardEvent) => {
      if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const move = KEYS[event.key]
      if (event.key === 'P' && mayPullUp) pull()
      else if (move && moves.includes(move)) begin(move)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
  if (moves.length === 0 && !mayPullUp && !row.proposal) return null
  return (
    <>
      {row.proposal && (
        <div className={classes.notice}>
          {t('triage.proposed', { by: row.proposal.by, standard: row.proposal.standard_name, reference: row.proposal.reference })}
          {row.may.includes('sign') && moves.includes('soc_listed') && (
            <Button size="compact-sm" loading={triage.isPending} onClick={() => row.proposal && send({ to: 'soc_listed', standard: row.proposal.standard, reason: row.proposal.reason })}>
              {t('triage.sign')}
            </Button>
          )}
        </div>
      )}
      <div className={classes.bar} role="group" aria-label={t('triage.group')} title={t('triage.keys')}>
        {mayPullUp && (
          <Button size="compact-sm" loading={pullUp.isPending} onClick={pull}>
            {t('triage.pullUp')}
          </Button>
        )}
        {moves.map((move) => (
          <Button key={move} size="compact-sm" variant="default" loading={triage.isPending && triage.variables?.wish.to === move} onClick={() => begin(move)}>
            {move === 'soc_listed' && !row.may.includes('sign') ? t('triage.propose') : t(`triage.${move}`)}
          </Button>
        ))}
      </div>
      {asked === null && (triage.error ?? pullUp.error ?? undo.error) && <ProblemNotice problem={triage.error ?? pullUp.error ?? undo.error} />}
      {asked && <TriageDialog row={row} to={asked} problem={triage.error} isPending={triage.isPending} onSend={send} onClose={() => setAsked(null)} />}
    </>
  )
}
