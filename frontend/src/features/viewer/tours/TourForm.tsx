import { Button, Group, Modal, MultiSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMembers } from '@/api/cases'
import type { Tour, useTourWrites } from '@/api/tours'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './tours.module.css'

interface TourFormProps {
  caseId: string
  tour: Tour
  write: ReturnType<typeof useTourWrites>
  onClose: () => void
}

/** What a tour is called, for whom it was left and until when. */
export function TourForm({ caseId, tour, write, onClose }: TourFormProps) {
  const { t } = useTranslation('replay')
  const members = useMembers(caseId)
  const [title, setTitle] = useState(tour.title)
  const [due, setDue] = useState(tour.due ?? '')
  const [readers, setReaders] = useState(tour.readers.map(({ user }) => user.id))
  const people = new Map(
    (members.data ?? []).map(({ user }) => [user.id, user.display_name] as const),
  )
  people.delete(tour.author.id)
  const save = () =>
    write.revise.mutate({ tour, title, due: due || null, readers }, { onSuccess: onClose })
  const error = write.revise.error ?? write.remove.error
  return (
    <Modal opened onClose={onClose} title={t('tour.edit')}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextInput data-autofocus label={t('tour.name')} value={title} maxLength={120} required onChange={(event) => setTitle(event.currentTarget.value)} />
        <MultiSelect
          label={t('tour.for')}
          description={t('tour.forHint')}
          value={readers}
          onChange={setReaders}
          searchable
          data={[...people].map(([value, label]) => ({ value, label }))}
        />
        <TextInput type="date" label={t('tour.before')} value={due} onChange={(event) => setDue(event.currentTarget.value)} />
        {error && <ProblemNotice problem={error} />}
        <Group justify="space-between">
          <Button
            variant="subtle"
            color="urgent"
            loading={write.remove.isPending}
            onClick={() => write.remove.mutate(tour, { onSuccess: onClose })}
          >
            {t('tour.remove')}
          </Button>
          <Button type="submit" loading={write.revise.isPending}>
            {t('tour.save')}
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
