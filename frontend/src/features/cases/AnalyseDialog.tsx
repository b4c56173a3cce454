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

interface AnalyseDialogProps {
  entry: CaseDetail
  studies: Study[]
  onClose: () => void
}

/** Ask a model to read one series. The model decides whether it is in its scope. */
export function AnalyseDialog({ entry, studies, onClose }: AnalyseDialogProps) {
  const { t } = useTranslation('cases')
  const models = useModels()
  const { start } = useJobActions()
  const [model, setModel] = useState<string | null>(null)
  const [series, setSeries] = useState<string | null>(null)
  const [isUrgent, setUrgent] = useState(false)
  const usable = (models.data ?? []).filter((entryModel) => !entryModel.state || entryModel.state === 'active')
  const groups = studies
    .filter((study) => study.state === 'ready')
    .map((study) => ({
      group: `${study.description || study.modalities.join('/')} · ${formatDate(study.study_date)}`,
      items: study.series
        .filter((one) => one.kind === 'image')
        .map((one) => ({ value: one.series_instance_uid, label: `${one.modality} · ${one.description} (${one.frame_count || one.instance_count})` })),
    }))
  const submit = () => {
    if (!model || !series) return
    start.mutate(
      { case: entry.id, model, series_instance_uid: series, is_urgent: isUrgent },
      {
        onSuccess: () => {
          notifications.show({ message: t('analyse.started') })
          onClose()
        },
      },
    )
  }
  return (
    <Modal opened onClose={onClose} title={t('analyse.title')}>
      {models.data && usable.length === 0 ? (
        <EmptyState icon={IconSparkles} title={t('analyse.none')} hint={t('analyse.noneHint')} />
      ) : (
        <Stack gap="sm">
          <Select label={t('analyse.model')} value={model} onChange={setModel} data={usable.map((one) => ({ value: one.id, label: `${one.name} ${one.version}` }))} />
          <Select label={t('analyse.series')} value={series} onChange={setSeries} data={groups} searchable />
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
            <Button onClick={submit} disabled={!model || !series} loading={start.isPending}>
              {t('analyse.start')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
