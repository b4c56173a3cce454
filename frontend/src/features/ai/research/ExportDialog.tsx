import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core'
import { IconFileOff, IconIdBadge2 } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useResearchStudy } from '@/api/research'
import type { Study } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { ExportRow } from './ExportRow'
import classes from './Research.module.css'
import { useExports } from './useExports'
import { keyOf, studyName } from './words'

interface ExportDialogProps {
  caseId: string
  study: Study
  onClose: () => void
}

/** Choose series, see what goes with them and what stays, know whose data it still is, take it. */
export function ExportDialog({ caseId, study, onClose }: ExportDialogProps) {
  const { t } = useTranslation('research')
  const contents = useResearchStudy(caseId, study.study_instance_uid)
  const { steps, isRunning, start, cancel } = useExports(caseId, study)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [isUnderstood, setUnderstood] = useState(false)
  const rows = contents.data?.results ?? []
  const picked = rows.filter((one) => !one.refusal && chosen.has(keyOf(one)))
  const toggle = (key: string, isOn: boolean) =>
    setChosen((before) => new Set(isOn ? [...before, key] : [...before].filter((one) => one !== key)))
  return (
    <Modal
      opened
      onClose={onClose}
      size={760}
      title={t('export.title', { study: studyName(study) })}
      closeOnClickOutside={!isRunning}
      closeOnEscape={!isRunning}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('export.what')}
        </Text>
        <div className={classes.identity}>
          <IconIdBadge2 size={18} aria-hidden />
          <div>
            <div className={classes.strong}>{t('export.notDeidentified')}</div>
            {t('export.identity')}
          </div>
        </div>
        {contents.error && !contents.data && <ProblemNotice problem={contents.error} onRetry={() => void contents.refetch()} />}
        {!contents.data && !contents.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
        {contents.data && rows.length === 0 && <EmptyState compact icon={IconFileOff} title={t('export.none')} hint={t('export.noneHint')} />}
        {rows.length > 0 && (
          <ul className={classes.rows} aria-label={t('export.series')}>
            {rows.map((one) => (
              <ExportRow
                key={keyOf(one)}
                study={study}
                one={one}
                step={steps.get(keyOf(one))}
                isChosen={chosen.has(keyOf(one))}
                isLocked={isRunning}
                onChoose={(isOn) => toggle(keyOf(one), isOn)}
              />
            ))}
          </ul>
        )}
        <Checkbox label={t('export.understood')} checked={isUnderstood} disabled={isRunning} onChange={(event) => setUnderstood(event.currentTarget.checked)} />
        <Group justify="flex-end">
          {isRunning ? (
            <Button variant="default" onClick={cancel}>
              {t('common:action.cancel')}
            </Button>
          ) : (
            <Button variant="default" onClick={onClose}>
              {t('common:action.close')}
            </Button>
          )}
          <Button disabled={picked.length === 0 || !isUnderstood} loading={isRunning} onClick={() => void start(picked)}>
            {t('export.start', { count: picked.length })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
