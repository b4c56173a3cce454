import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconFlag } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type CaseFollowUp, type IncidentalFinding, useCaseFollowUpActions } from '@/api/followup'
import type { CaseDetail } from '@/api/types'
import { Chip } from '@/ui/Chip'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './FollowUp.module.css'
import { useCasePeople } from './TaskDialog'

/** Accepted findings outside the question: each needs an owner and a day before the case closes. */
export function IncidentalList({ entry, found }: { entry: CaseDetail; found: CaseFollowUp }) {
  const { t } = useTranslation('followup')
  const { mark, unmark } = useCaseFollowUpActions(entry.id)
  const [opened, setOpened] = useState<string | null>(null)
  const mayMark = entry.can.includes('review_findings')
  const row = found.incidental.find(({ id }) => id === opened)
  const markable = mayMark ? found.accepted : []
  if (found.incidental.length === 0 && markable.length === 0) return null
  return (
    <>
      <h3 className={classes.heading}>{t('incidental.title')}</h3>
      <ul className={classes.list} aria-label={t('incidental.title')}>
        {found.incidental.map((one) => (
          <li key={one.id} className={classes.row}>
            <span className={classes.body}>
              <div>{one.text}</div>
              {one.owner && one.due && <div className={classes.dim}>{[one.owner.display_name, t('due', { when: formatDate(one.due) })].join(' · ')}</div>}
            </span>
            {!one.owner && (
              <Chip tone="warning" icon={<IconAlertTriangle size={13} aria-hidden />}>
                {t('incidental.unowned')}
              </Chip>
            )}
            {mayMark && !one.owner && (
              <Button size="xs" variant="subtle" onClick={() => unmark.mutate(one)}>
                {t('incidental.unmark')}
                <span className="c-visually-hidden">: {one.text}</span>
              </Button>
            )}
            {entry.can.includes('edit') && (
              <Button size="xs" variant="default" onClick={() => setOpened(one.id)}>
                {t('incidental.assign')}
                <span className="c-visually-hidden">: {one.text}</span>
              </Button>
            )}
          </li>
        ))}
        {markable.map((one) => (
          <li key={one.id} className={classes.row}>
            <span className={classes.body}>{one.label}</span>
            <Button size="xs" variant="subtle" leftSection={<IconFlag size={14} aria-hidden />} loading={mark.isPending && mark.variables === one.id} onClick={() => mark.mutate(one.id)}>
              {t('incidental.mark')}
              <span className="c-visually-hidden">: {one.label}</span>
            </Button>
          </li>
        ))}
      </ul>
      {(mark.error ?? unmark.error) && <ProblemNotice problem={mark.error ?? unmark.error} />}
      {row && <AssignDialog entry={entry} row={row} onClose={() => setOpened(null)} />}
    </>
  )
}

function AssignDialog({ entry, row, onClose }: { entry: CaseDetail; row: IncidentalFinding; onClose: () => void }) {
  const { t } = useTranslation('followup')
  const { assign } = useCaseFollowUpActions(entry.id)
  const people = useCasePeople(entry.id)
  const [owner, setOwner] = useState<string | null>(row.owner?.id ?? null)
  const [due, setDue] = useState(row.due ?? '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (owner) assign.mutate({ row, owner, due }, { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={t('incidental.assign')}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p className={classes.whole}>{row.text}</p>
          <Select data-autofocus label={t('owner')} required searchable value={owner} onChange={setOwner} data={people} />
          <TextInput type="date" label={t('dueDay')} required value={due} onChange={(event) => setDue(event.currentTarget.value)} />
          {assign.error && <ProblemNotice problem={assign.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={assign.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
