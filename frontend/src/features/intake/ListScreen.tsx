import { Button, Modal, Progress, Select, Stack, Text } from '@mantine/core'
import { IconArrowBackUp, IconListCheck, IconRefresh } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useMeetings } from '@/api/boards'
import { type IntakeList, isAtWork, useIntakeActions, useIntakeProgress } from '@/api/intake'
import { asProblem } from '@/api/problem'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import classes from './Intake.module.css'
import { MappingSection } from './MappingSection'
import { countTicked } from './rows'
import { RowsTable } from './RowsTable'

type Actions = ReturnType<typeof useIntakeActions>

export function ListScreen({ list, meeting: wanted }: { list: IntakeList; meeting: string | null }) {
  const { t } = useTranslation('intake')
  const actions = useIntakeActions(list.id)
  const told = useIntakeProgress(list)
  const counts = told?.counts ?? list.counts
  const isOpen = list.state === 'open' || list.state === 'placed'
  const source = [list.file_name || t('recent.pasted'), list.sheet, list.encoding && t('encoding', { encoding: list.encoding })].filter(Boolean).join(' · ')
  const again = list.rows.some((row) => row.pacs_away || ['unreachable', 'none', 'no_pacs'].includes(row.studies_state))
  return (
    <Screen title={t('listTitle', { board: list.board.name })} lead={source} actions={<PlaceActions list={list} actions={actions} wanted={wanted} />}>
      {actions.confirm.error && <ProblemNotice problem={actions.confirm.error} advice={t('refused.confirm')} />}
      {list.problem && <p className={classes.notice} role="alert">{t('stopped', { reason: t(`issue.${list.problem}`, { defaultValue: list.problem }) })}</p>}
      {isAtWork(list) && <AtWork list={list} told={told} />}
      {list.state === 'placed' && list.meeting && <Placed list={list} actions={actions} />}
      {list.state === 'undone' && <p className={classes.notice} role="status">{t('undone')}</p>}
      {isOpen && <MappingSection key={`${JSON.stringify(list.mapping)}${list.issuer}`} list={list} busy={actions.map.isPending} onMap={(changes) => actions.map.mutate(changes)} />}
      {actions.map.error && <ProblemNotice problem={actions.map.error} />}
      <Section
        title={t('rows.title')}
        count={list.rows.length}
        actions={
          <>
            <span className={classes.dim} aria-live="polite">
              {(['placed', 'ready', 'choice', 'error', 'skipped'] as const)
                .filter((state) => counts[state] > 0)
                .map((state) => t(`counted.${state}`, { count: counts[state] }))
                .join(' · ')}
            </span>
            {again && isOpen && list.search_state !== 'running' && (
              <Button size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} loading={actions.search.isPending} onClick={() => actions.search.mutate()}>
                {t('studies.again')}
              </Button>
            )}
            {counts.error + counts.skipped + counts.choice > 0 && (
              <a className={classes.link} href={`/api/intake-lists/${list.id}/leftover`} download>
                {t('leftover')}
              </a>
            )}
          </>
        }
      >
        <RowsTable
          list={list}
          busy={actions.correct.isPending}
          problem={actions.correct.error}
          onCorrect={(row, changes, done) => {
            if (Object.keys(changes).length === 0) done()
            else actions.correct.mutate({ row, changes }, { onSuccess: done })
          }}
        />
      </Section>
    </Screen>
  )
}

/** The one primary action, and the meeting it is for. */
function PlaceActions({ list, actions, wanted }: { list: IntakeList; actions: Actions; wanted: string | null }) {
  const { t } = useTranslation('intake')
  const meetings = useMeetings({ board: list.board.id })
  const [chosen, setChosen] = useState<string | null>(null)
  const coming = (meetings.data ?? [])
    .filter((meeting) => meeting.board.id === list.board.id && (meeting.status === 'open' || (meeting.status === 'planned' && new Date(meeting.ends_at) > new Date())))
    .sort((one, other) => one.starts_at.localeCompare(other.starts_at))
  if (list.state === 'undone') return null
  const meeting = chosen ?? coming.find((one) => one.id === (list.meeting ?? wanted))?.id ?? coming[0]?.id ?? null
  const { ready } = list.counts
  const hasUnlinked = list.rows.some((row) => row.link_problems.length > 0)
  const isPlacing = list.state === 'placing'
  const ticked = countTicked(list.rows)
  return (
    <>
      <Select
        w={250}
        aria-label={t('meeting')}
        placeholder={meetings.data && coming.length === 0 ? t('noMeeting') : t('meeting')}
        allowDeselect={false}
        value={meeting}
        onChange={setChosen}
        data={coming.map((one) => ({ value: one.id, label: [formatDateTime(one.starts_at), one.room].filter(Boolean).join(' · ') }))}
      />
      <Button
        disabled={!meeting || (ready === 0 && !isPlacing && !hasUnlinked)}
        loading={actions.confirm.isPending}
        title={t('placeHint', { count: ticked })}
        leftSection={<IconListCheck size={16} aria-hidden />}
        onClick={() => meeting && actions.confirm.mutate(meeting)}
      >
        {isPlacing ? t('goOn') : ready === 0 && hasUnlinked ? t('linkAgain') : t('place', { count: ready })}
      </Button>
    </>
  )
}

function AtWork({ list, told }: { list: IntakeList; told: ReturnType<typeof useIntakeProgress> }) {
  const { t } = useTranslation('intake')
  const isPlacing = list.state === 'placing'
  const counts = told?.counts ?? list.counts
  const searched = told?.searched ?? list.searched
  const [done, total] = isPlacing ? [counts.placed, counts.placed + counts.ready] : [searched.done, searched.total]
  const words = t(isPlacing ? 'placing' : 'searching', { done, total })
  return (
    <div role="status" className={classes.notice}>
      <Text size="sm">{words}</Text>
      <Progress value={total > 0 ? (100 * done) / total : 0} aria-label={words} mt={6} />
    </div>
  )
}

function Placed({ list, actions }: { list: IntakeList; actions: Actions }) {
  const { t } = useTranslation('intake')
  const [isAsking, setAsking] = useState(false)
  const problem = actions.undo.error ? asProblem(actions.undo.error) : null
  const changed = (problem?.details.rows ?? []) as { row: number; codes: string[] }[]
  return (
    <div className={classes.notice} role="status">
      <div className={classes.placed}>
        <span>{t('placed', { count: list.counts.placed })}</span>
        <Link to={`/meetings/${list.meeting ?? ''}`}>{t('toAgenda')}</Link>
        <Button size="xs" variant="default" leftSection={<IconArrowBackUp size={14} aria-hidden />} onClick={() => setAsking(true)}>
          {t('undo')}
        </Button>
      </div>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('undo')}>
        <Stack gap="sm">
          <Text size="sm">{t('undoWhat', { count: list.counts.placed })}</Text>
          {problem && <ProblemNotice problem={problem} advice={changed.length > 0 ? t('undoChanged', { rows: changed.map((one) => one.row).join(', ') }) : undefined} />}
          <Button loading={actions.undo.isPending} onClick={() => actions.undo.mutate(undefined, { onSuccess: () => setAsking(false) })}>
            {t('undoDo')}
          </Button>
        </Stack>
      </Modal>
    </div>
  )
}
