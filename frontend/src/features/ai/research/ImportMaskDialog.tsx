import { Button, FileInput, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useImportMask, useMatchMask } from '@/api/research'
import type { DrawnSegmentation, Study } from '@/api/types'

import { MaskForm } from './MaskForm'
import { MaskRefusal } from './MaskRefusal'
import { OtherSeries } from './OtherSeries'
import classes from './Research.module.css'
import { studyName } from './words'

interface ImportMaskDialogProps {
  caseId: string
  study: Study
  onClose: () => void
}

/** Pick a NIfTI mask, see on which series it lies, say what it is; it becomes a segmentation. */
export function ImportMaskDialog({ caseId, study, onClose }: ImportMaskDialogProps) {
  const { t } = useTranslation('research')
  const match = useMatchMask(caseId, study.study_instance_uid)
  const take = useImportMask(caseId, study.study_instance_uid)
  const [mask, setMask] = useState<File | null>(null)
  const [sidecar, setSidecar] = useState<File | null>(null)
  const look = (files: { mask: File | null; sidecar: File | null }) => {
    setMask(files.mask)
    setSidecar(files.sidecar)
    match.reset()
    take.reset()
    if (files.mask) match.mutate({ mask: files.mask, sidecar: files.sidecar })
  }
  const fitting = match.data?.results.filter((one) => one.fits) ?? []
  const others = match.data?.results.filter((one) => !one.fits) ?? []
  return (
    <Modal opened onClose={onClose} size={680} title={t('import.title', { study: studyName(study) })} closeOnClickOutside={!take.isPending}>
      {take.data ? (
        <Imported caseId={caseId} study={study} made={take.data} onClose={onClose} />
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t('import.what')}
          </Text>
          <FileInput
            label={t('import.mask')}
            description={t('import.maskHint')}
            placeholder={t('import.choose')}
            accept=".nii,.gz,.nii.gz,application/gzip"
            value={mask}
            disabled={take.isPending}
            onChange={(file) => look({ mask: file, sidecar })}
          />
          <FileInput
            label={t('import.sidecar')}
            description={t('import.sidecarHint')}
            placeholder={t('import.choose')}
            accept=".json,application/json"
            clearable
            clearButtonProps={{ 'aria-label': t('import.clearSidecar') }}
            value={sidecar}
            disabled={take.isPending}
            onChange={(file) => look({ mask, sidecar: file })}
          />
          {match.isPending && (
            <div className={classes.bar} role="status">
              <Progress value={100} striped animated size={5} aria-label={t('import.looking')} />
              <span className={classes.dim}>{t('import.looking')}</span>
            </div>
          )}
          {match.error && <MaskRefusal problem={match.error} onRetry={() => look({ mask, sidecar })} />}
          {match.data && fitting.length === 0 && <OtherSeries study={study} others={others} isAlone />}
          {mask && match.data && fitting.length > 0 && (
            <>
              <MaskForm
                key={`${mask.name}:${mask.lastModified}:${sidecar?.name ?? ''}`}
                study={study}
                fitting={fitting}
                found={match.data}
                isBusy={take.isPending}
                onTake={(form) => take.mutate({ mask, sidecar, ...form })}
                onCancel={onClose}
              />
              {take.error && <MaskRefusal problem={take.error} />}
              {others.length > 0 && <OtherSeries study={study} others={others} />}
            </>
          )}
        </Stack>
      )}
    </Modal>
  )
}

function Imported({ caseId, study, made, onClose }: ImportMaskDialogProps & { made: DrawnSegmentation }) {
  const { t } = useTranslation('research')
  const query = new URLSearchParams({ study: study.study_instance_uid, series: made.series_instance_uid })
  return (
    <Stack gap="sm">
      <div className={classes.ok} role="status">
        <IconCircleCheck size={16} aria-hidden /> {t('import.done', { count: made.segments.length, names: made.segments.map((one) => one.label).join(', ') })}
      </div>
      <Text size="sm" c="dimmed">
        {t(made.layer === 'draft' ? 'import.doneDraft' : 'import.doneHint')}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('common:action.close')}
        </Button>
        <Button component={Link} to={`/cases/${caseId}/view?${query}`} data-autofocus>
          {t('import.show')}
        </Button>
      </Group>
    </Stack>
  )
}
