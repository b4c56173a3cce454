import { Button, FileButton, Group, Select, Stack, Text, Textarea } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { IconFileSpreadsheet, IconTableImport, IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router-dom'

import { useBoards } from '@/api/boards'
import { type Arrival, type IntakeListSummary, useIntakeLists, useReceiveList } from '@/api/intake'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import classes from './Intake.module.css'

interface ArrivalScreenProps {
  board: string | null
  meeting: string | null
}

export function ArrivalScreen({ board, meeting }: ArrivalScreenProps) {
  const { t } = useTranslation('intake')
  const boards = useBoards()
  const mine = (boards.data ?? []).filter((one) => one.my_role === 'chair' || one.my_role === 'coordinator')
  return (
    <Screen title={t('title')} lead={t('lead')}>
      {boards.error && !boards.data && <ProblemNotice problem={boards.error} onRetry={() => void boards.refetch()} />}
      {!boards.data && !boards.error && <LoadingRows label={t('common:list.loading')} rows={5} />}
      {boards.data && mine.length === 0 && <EmptyState icon={IconUsersGroup} title={t('noBoard')} hint={t('noBoardHint')} />}
      {mine.length > 0 && (
        <>
          <ArrivalForm boards={mine} board={board} meeting={meeting} />
          <RecentLists />
        </>
      )}
    </Screen>
  )
}

function ArrivalForm({ boards, board: wanted, meeting }: ArrivalScreenProps & { boards: { id: string; name: string }[] }) {
  const { t } = useTranslation('intake')
  const navigate = useNavigate()
  const receive = useReceiveList()
  const [chosen, setChosen] = useState<string | null>(null)
  const [text, setText] = useState('')
  const board = chosen ?? boards.find((one) => one.id === wanted)?.id ?? boards[0]?.id ?? null
  const send = (arrival: Omit<Arrival, 'board'>) => {
    if (!board) return
    const onSuccess = (list: { id: string }) => void navigate(`/intake/${list.id}${meeting ? `?meeting=${meeting}` : ''}`)
    receive.mutate({ board, ...arrival }, { onSuccess })
  }
  const sendFile = (file: File | null | undefined) => file && send({ file })
  return (
    <Section title={t('arrive.title')} padded>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          send({ text })
        }}
      >
        <Stack gap="md">
          <Select
            w={320}
            label={t('arrive.board')}
            value={board}
            onChange={setChosen}
            allowDeselect={false}
            data={boards.map((one) => ({ value: one.id, label: one.name }))}
          />
          <div className={classes.ways}>
            <Textarea
              label={t('arrive.paste')}
              description={t('arrive.pasteHint')}
              classNames={{ input: classes.pasted }}
              autosize
              minRows={9}
              maxRows={14}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              spellCheck={false}
            />
            <Stack gap="xs">
              <Dropzone onDrop={(files) => sendFile(files[0])} multiple={false} loading={receive.isPending} aria-label={t('arrive.drop')} py={32}>
                <Stack align="center" gap={6}>
                  <IconFileSpreadsheet size={28} stroke={1.5} aria-hidden />
                  <Text fw={500}>{t('arrive.drop')}</Text>
                  <Text c="dimmed" size="sm" ta="center" maw={360}>
                    {t('arrive.dropHint')}
                  </Text>
                </Stack>
              </Dropzone>
              <FileButton onChange={sendFile} accept=".csv,.tsv,.txt,.xlsx">
                {(props) => (
                  <Button variant="default" {...props}>
                    {t('arrive.choose')}
                  </Button>
                )}
              </FileButton>
            </Stack>
          </div>
          {receive.error && <ProblemNotice problem={receive.error} advice={t(`refused.${receive.error.name === 'Problem' ? (receive.error as unknown as { code: string }).code : ''}`, { defaultValue: t('refused.other') })} />}
          <Group justify="flex-end">
            <Button type="submit" disabled={!text.trim() || !board} loading={receive.isPending} leftSection={<IconTableImport size={16} aria-hidden />}>
              {t('arrive.read')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}

function RecentLists() {
  const { t } = useTranslation('intake')
  const lists = useIntakeLists()
  return (
    <Section title={t('recent.title')} count={lists.data?.length}>
      {lists.error && !lists.data && <ProblemNotice problem={lists.error} onRetry={() => void lists.refetch()} />}
      {!lists.data && !lists.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
      {lists.data?.length === 0 && <EmptyState compact icon={IconTableImport} title={t('recent.none')} hint={t('recent.noneHint')} />}
      <ul className={classes.recent}>
        {lists.data?.map((list) => (
          <RecentList key={list.id} list={list} />
        ))}
      </ul>
    </Section>
  )
}

function RecentList({ list }: { list: IntakeListSummary }) {
  const { t } = useTranslation('intake')
  const total = Object.values(list.counts).reduce((sum, count) => sum + count, 0)
  return (
    <li className={classes.recentRow}>
      <Link to={`/intake/${list.id}`}>{list.file_name || t('recent.pasted')}</Link>
      <span className={classes.dim}>
        {[list.board.name, formatDateTime(list.created_at), list.created_by.display_name, t('count', { count: total })].join(' · ')}
      </span>
      <Chip tone={list.state === 'placed' ? 'ok' : 'neutral'}>{t(`state.${list.state}`)}</Chip>
    </li>
  )
}
