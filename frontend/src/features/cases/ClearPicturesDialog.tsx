import { Button, Checkbox, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useClearance, useClearPictures, useSeriesPictures, useWithholdPictures } from '@/api/clearances'
import type { Series, Study } from '@/api/types'
import { LoadingRows } from '@/ui/DataTable'
import { formatDateTime } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Case.module.css'

interface ClearPicturesDialogProps {
  caseId: string
  study: Study
  series: Series
  onClose: () => void
}

const SHORTEST_STATEMENT = 10

/** All pictures of a withheld series, and the sentence that opens it to de-identified viewers. */
export function ClearPicturesDialog({ caseId, study, series, onClose }: ClearPicturesDialogProps) {
  const { t } = useTranslation('cases')
  const pictures = useSeriesPictures(caseId, study, series)
  return (
    <Modal opened onClose={onClose} title={t('clearance.title')} size={980}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('clearance.text')}
        </Text>
        {pictures.error && <ProblemNotice problem={pictures.error} onRetry={() => void pictures.refetch()} />}
        {!pictures.data && !pictures.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
        <div className={classes.pictures}>
          {pictures.data?.map((picture, index) => (
            <a key={picture.key} href={picture.url} target="_blank" rel="noreferrer">
              <img
                src={picture.url}
                loading="lazy"
                decoding="async"
                alt={t('clearance.picture', { n: index + 1, count: pictures.data.length })}
              />
            </a>
          ))}
        </div>
        {series.disclosure === 'cleared' ? (
          <ClearedBy caseId={caseId} study={study} series={series} onClose={onClose} />
        ) : (
          <Statement
            caseId={caseId}
            study={study}
            series={series}
            count={pictures.data?.length ?? 0}
            onClose={onClose}
          />
        )}
      </Stack>
    </Modal>
  )
}

function Statement({ caseId, study, series, count, onClose }: ClearPicturesDialogProps & { count: number }) {
  const { t } = useTranslation('cases')
  const clear = useClearPictures(caseId, study, series)
  const [seen, setSeen] = useState(false)
  const [statement, setStatement] = useState('')
  const isReady = seen && count > 0 && statement.trim().length >= SHORTEST_STATEMENT
  return (
    <>
      <Checkbox
        label={t('clearance.seen', { count })}
        checked={seen}
        disabled={count === 0}
        onChange={(event) => setSeen(event.currentTarget.checked)}
      />
      <Textarea
        label={t('clearance.statement')}
        description={t('clearance.statementHint')}
        value={statement}
        maxLength={1000}
        onChange={(event) => setStatement(event.currentTarget.value)}
      />
      {clear.error && <ProblemNotice problem={clear.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('common:action.cancel')}
        </Button>
        <Button disabled={!isReady} loading={clear.isPending} onClick={() => clear.mutate(statement.trim(), { onSuccess: onClose })}>
          {t('clearance.clear')}
        </Button>
      </Group>
    </>
  )
}

function ClearedBy({ caseId, study, series, onClose }: ClearPicturesDialogProps) {
  const { t } = useTranslation('cases')
  const clearance = useClearance(caseId, study, series)
  const withhold = useWithholdPictures(caseId, study, series)
  return (
    <>
      {clearance.data && (
        <Text size="sm">
          {t('clearance.by', { who: clearance.data.cleared_by, when: formatDateTime(clearance.data.cleared_at) })}
          <br />
          “{clearance.data.statement}”
        </Text>
      )}
      {withhold.error && <ProblemNotice problem={withhold.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('common:action.close')}
        </Button>
        <Button color="urgent" loading={withhold.isPending} onClick={() => withhold.mutate(undefined, { onSuccess: onClose })}>
          {t('clearance.withhold')}
        </Button>
      </Group>
    </>
  )
}
