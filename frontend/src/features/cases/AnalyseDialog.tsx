import { Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSparkles } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useJobActions, useModels } from '@/api/findings'
import type { CaseDetail, Study } from '@/api/types'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { type InputQuestion, questionOf } from './inputQuestions'

interface AnalyseDialogProps {
  entry: CaseDetail
  studies: Study[]
  onClose: () => void
}

/**
 * Ask a model to read one series, or several of its study. The model decides whether they are in its
 * scope; where several series fit one of its inputs, whoever asks says which.
 */
export function AnalyseDialog({ entry, studies, onClose }: AnalyseDialogProps) {
  const { t } = useTranslation('cases')
  const models = useModels()
  const { start } = useJobActions()
  const [model, setModel] = useState<string | null>(null)
  const [series, setSeries] = useState<string | null>(null)
  const [isUrgent, setUrgent] = useState(false)
  const [questions, setQuestions] = useState<InputQuestion[]>([])
  const [inputs, setInputs] = useState<Record<string, string>>({})
  const usable = (models.data ?? []).filter((entryModel) => !entryModel.state || entryModel.state === 'active')
  const groups = studies
    .filter((study) => study.state === 'ready')
    .map((study) => ({
      group: `${study.description || study.modalities.join('/')} · ${formatDate(study.study_date)}`,
      items: study.series
        .filter((one) => one.kind === 'image')
        .map((one) => ({ value: one.series_instance_uid, label: `${one.modality} · ${one.description} (${one.frame_count || one.instance_count})` })),
    }))
  const choices = (question: InputQuestion) => groups.flatMap(({ items }) => items).filter(({ value }) => question.series.includes(value))
  const askAnew = (set: (value: string | null) => void) => (value: string | null) => {
    set(value)
    setQuestions([])
    setInputs({})
    start.reset()
  }
  const submit = () => {
    if (!model || !series) return
    start.mutate(
      { case: entry.id, model, series_instance_uid: series, is_urgent: isUrgent, ...(questions.length > 0 && { inputs }) },
      {
        onError: (error) => {
          const question = questionOf(error)
          if (question) setQuestions((asked) => [...asked.filter(({ role }) => role !== question.role), question])
        },
        onSuccess: () => {
          notifications.show({ message: t('analyse.started') })
          onClose()
        },
      },
    )
  }
  const isAsked = start.error !== null && questionOf(start.error) !== null
  const problem = (isAsked ? null : start.error) ?? models.error
  return (
    <Modal opened onClose={onClose} title={t('analyse.title')}>
      {models.data && usable.length === 0 ? (
        <EmptyState icon={IconSparkles} title={t('analyse.none')} hint={t('analyse.noneHint')} />
      ) : (
        <Stack gap="sm">
          <Select label={t('analyse.model')} value={model} onChange={askAnew(setModel)} data={usable.map((one) => ({ value: one.id, label: `${one.name} ${one.version}` }))} />
          <Select label={t('analyse.series')} value={series} onChange={askAnew(setSeries)} data={groups} searchable />
          {questions.map((question) => (
            <Select
              key={question.role}
              label={t('inputs:which', { label: question.label })}
              description={t('inputs:whichHint')}
              value={inputs[question.role] || null}
              onChange={(value) => setInputs((said) => ({ ...said, [question.role]: value ?? '' }))}
              data={choices(question)}
            />
          ))}
          <Checkbox
            label={t('analyse.urgent')}
            description={t('analyse.urgentHint')}
            checked={isUrgent}
            onChange={(event) => setUrgent(event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed">
            {t('analyse.scope')}
          </Text>
          {problem && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button onClick={submit} disabled={!model || !series || questions.some(({ role }) => !inputs[role])} loading={start.isPending}>
              {t('analyse.start')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
