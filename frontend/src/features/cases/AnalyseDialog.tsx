import { Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSparkles } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useJobActions, useModels } from '@/api/findings'
import { useModelInputs } from '@/api/inputs'
import type { CaseDetail, Study } from '@/api/types'
import { askedInputs, type Chosen, seriesFor, sharedSeries } from '@/features/ai/inputs/choice'
import { InputSelect } from '@/features/ai/inputs/InputSelect'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

interface AnalyseDialogProps {
  entry: CaseDetail
  studies: Study[]
  onClose: () => void
}

const NOTHING: Chosen = {}

/** Ask a model to read a study: its rules propose the series, a person sees why and may choose. */
export function AnalyseDialog({ entry, studies, onClose }: AnalyseDialogProps) {
  const { t } = useTranslation('cases')
  const models = useModels()
  const { start } = useJobActions()
  const readable = studies
    .filter((one) => one.state === 'ready' && one.series.some(({ kind }) => kind === 'image'))
    .sort((a, b) => (b.study_date ?? '').localeCompare(a.study_date ?? ''))
  const [model, setModel] = useState<string | null>(null)
  const [studyUid, setStudyUid] = useState(readable[0]?.study_instance_uid ?? null)
  const [chosen, setChosen] = useState(NOTHING)
  const [isUrgent, setUrgent] = useState(false)
  const usable = (models.data ?? []).filter((entryModel) => !entryModel.state || entryModel.state === 'active')
  const study = readable.find((one) => one.study_instance_uid === studyUid)
  const found = useModelInputs(entry.id, model && studyUid ? { study: studyUid, model } : null)
  const asked = found.data ? askedInputs(found.data, chosen) : null
  const shared = found.data ? sharedSeries(found.data, chosen) : []
  const another = (change: () => void) => {
    change()
    setChosen(NOTHING)
    start.reset()
  }
  const submit = () => {
    if (!model || !asked) return
    start.mutate(
      { case: entry.id, model, ...asked, is_urgent: isUrgent },
      {
        onSuccess: () => {
          notifications.show({ message: t('analyse.started') })
          onClose()
        },
      },
    )
  }
  return (
    <Modal opened onClose={onClose} size={560} title={t('analyse.title')}>
      {models.data && usable.length === 0 ? (
        <EmptyState icon={IconSparkles} title={t('analyse.none')} hint={t('analyse.noneHint')} />
      ) : (
        <Stack gap="sm">
          <Select
            label={t('analyse.model')}
            value={model}
            onChange={(value) => another(() => setModel(value))}
            data={usable.map((one) => ({ value: one.id, label: `${one.name} ${one.version}` }))}
          />
          {readable.length > 1 && (
            <Select
              label={t('inputs:study')}
              allowDeselect={false}
              value={studyUid}
              onChange={(value) => another(() => setStudyUid(value))}
              data={readable.map((one) => ({ value: one.study_instance_uid, label: `${one.description || one.modalities.join('/')} · ${formatDate(one.study_date)}` }))}
            />
          )}
          {model && found.isPending && <LoadingRows label={t('inputs:looking')} rows={1} />}
          {found.error && !found.data && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
          {study && found.data && (
            <>
              {found.data.inputs.length > 1 && <Text size="sm">{t('inputs:several', { count: found.data.inputs.length })}</Text>}
              {found.data.inputs.map((input) => (
                <InputSelect
                  key={input.role}
                  study={study}
                  input={input}
                  value={seriesFor(input, chosen)}
                  isShared={shared.includes(input)}
                  onChange={(uid) => setChosen({ ...chosen, [input.role]: uid })}
                />
              ))}
            </>
          )}
          <Checkbox
            label={t('analyse.urgent')}
            description={t('analyse.urgentHint')}
            checked={isUrgent}
            onChange={(event) => setUrgent(event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed">
            {t('analyse.scope')}
          </Text>
          {(start.error ?? models.error) && <ProblemNotice problem={start.error ?? models.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button onClick={submit} disabled={!asked} loading={start.isPending}>
              {t('analyse.start')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
