import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Tour, TourStep, useTourWrites } from '@/api/tours'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './tours.module.css'

interface TourStepEditorProps {
  tour: Tour
  step: TourStep
  write: ReturnType<typeof useTourWrites>
}

/** What a view is called and what is said to it. */
export function TourStepEditor({ tour, step, write }: TourStepEditorProps) {
  const { t } = useTranslation('replay')
  const [opened, setOpened] = useState(false)
  const [title, setTitle] = useState(step.title)
  const [comment, setComment] = useState(step.comment)
  const { mutate, isPending, error } = write.reviseStep
  const save = () =>
    mutate({ tour, step: step.id, title, comment }, { onSuccess: () => setOpened(false) })
  const name = t('tour.words', { name: step.title })
  return (
    <>
      <button type="button" className={classes.act} aria-label={name} title={name} onClick={() => setOpened(true)}>
        <IconPencil size={15} aria-hidden />
      </button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={name}>
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          <TextInput data-autofocus label={t('tour.title')} value={title} maxLength={120} onChange={(event) => setTitle(event.currentTarget.value)} />
          <Textarea
            label={t('tour.comment')}
            value={comment}
            maxLength={2000}
            minRows={4}
            autosize
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          {error && <ProblemNotice problem={error} />}
          <Button type="submit" loading={isPending}>
            {t('tour.save')}
          </Button>
        </form>
      </Modal>
    </>
  )
}
