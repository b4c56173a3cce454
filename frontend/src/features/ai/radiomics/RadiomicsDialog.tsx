import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { asProblem } from '@/api/problem'
import { type MeasuredSegment, type RadiomicsAsked, useRadiomics } from '@/api/radiomics'
import { saveBlob } from '@/features/ai/research/saveBlob'
import { AiMark } from '@/ui/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { toCsv } from './csv'
import { FeatureTable } from './FeatureTable'
import { SettingsForm } from './SettingsForm'
import { SettingsUsed } from './SettingsUsed'

const AS_IT_IS: RadiomicsAsked = { bin_number: 32, bin_size: null, range_low: null, range_high: null, spacing_mm: null }
const COPIED_MS = 1500

interface RadiomicsDialogProps {
  measured: MeasuredSegment
  label: string
  isUnreviewed: boolean
  onClose: () => void
}

/** Radiomics of one segment: how it is measured, every feature or its refusal, and the way out. */
export function RadiomicsDialog({ measured, label, isUnreviewed, onClose }: RadiomicsDialogProps) {
  const { t } = useTranslation('radiomics')
  const [asked, setAsked] = useState(AS_IT_IS)
  const found = useRadiomics(measured, asked)
  const clipboard = useClipboard({ timeout: COPIED_MS })
  const problem = found.error === null ? null : asProblem(found.error)
  const advice = problem ? t(`now.${problem.code}`, { defaultValue: '' }) : ''
  const save = () => found.data && saveBlob(new Blob([toCsv(found.data, label)], { type: 'text/csv' }), `radiomics-segment-${measured.segment}.csv`)
  return (
    <Modal opened onClose={onClose} size={900} title={t('title', { label })}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('what')}
        </Text>
        {isUnreviewed && (
          <Group gap={8} wrap="nowrap">
            <AiMark />
            <Text size="sm">{t('unreviewed')}</Text>
          </Group>
        )}
        <SettingsForm initial={asked} isBusy={found.isFetching} onMeasure={setAsked} />
        {problem && <ProblemNotice problem={problem} advice={advice || undefined} onRetry={problem.isTransient ? () => void found.refetch() : undefined} />}
        {found.isFetching && !found.data && <LoadingRows label={t('measuring')} rows={6} />}
        {found.data && (
          <>
            <SettingsUsed found={found.data} />
            <FeatureTable found={found.data} />
            <Group justify="flex-end">
              <Button
                variant="default"
                leftSection={clipboard.copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
                onClick={() => clipboard.copy(toCsv(found.data, label))}
              >
                {t(clipboard.copied ? 'copied' : 'copy')}
              </Button>
              <Button variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={save}>
                {t('download')}
              </Button>
            </Group>
            {clipboard.error && (
              <Text size="sm" c="var(--c-urgent)" role="alert">
                {t('notCopied')}
              </Text>
            )}
          </>
        )}
      </Stack>
    </Modal>
  )
}
