import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { caseKeys } from '@/api/cases'
import { importKeys, isImportSettled, useImport } from '@/api/imports'
import { Problem } from '@/api/problem'
import type { CaseDetail } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { FileChooser } from './FileChooser'
import { VerdictList } from './ImportFileList'
import { ImportQuestions } from './ImportQuestions'
import { ResumePanel } from './ResumePanel'
import { SendingPanel } from './SendingPanel'
import { useUpload } from './useUpload'

interface ImportDialogProps {
  entry: CaseDetail
  /** Dropped on the case already, before the dialog opened. */
  initialFiles: File[]
  /** An import to go on with. */
  openId: string | null
  onClose: () => void
}

/** Upload files, watch them arrive and being read, say whose they are, see each one's verdict. */
export function ImportDialog({ entry, initialFiles, openId, onClose }: ImportDialogProps) {
  const { t } = useTranslation('cases')
  const client = useQueryClient()
  const upload = useUpload(entry.id)
  const [known, setKnown] = useState(openId)
  const importId = upload.importId ?? known
  const { sending, problem } = upload
  const query = useImport(importId, sending === null)
  const batch = sending === null && importId !== null ? query.data : undefined
  const isSettled = isImportSettled(batch)
  useEffect(() => {
    if (isSettled) void client.invalidateQueries({ queryKey: caseKeys.studies(entry.id) })
  }, [isSettled, client, entry.id])
  const close = () => {
    void client.invalidateQueries({ queryKey: caseKeys.one(entry.id) })
    void client.invalidateQueries({ queryKey: importKeys.open(entry.id) })
    onClose()
  }
  const discard = () => {
    setKnown(null)
    if (importId) void upload.discard(importId)
    else upload.reset()
  }
  const isIdle = sending === null && importId === null && problem === null
  return (
    <Modal opened onClose={close} title={t('import.title')} size={860} closeOnClickOutside={sending === null}>
      <Stack gap="md">
        {isIdle && <FileChooser dropped={initialFiles} onChoose={(chosen) => chosen.length > 0 && void upload.start(chosen)} />}
        {sending && <SendingPanel sending={sending} onDiscard={discard} />}
        {problem && <ProblemNotice problem={problem} onRetry={batch ? undefined : upload.reset} />}
        {query.error && sending === null && importId !== null && <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />}
        {batch?.state === 'receiving' && (
          <ResumePanel batch={batch} onResume={(files) => void upload.resume(batch, files)} onDiscard={discard} />
        )}
        {batch && !isSettled && batch.state !== 'receiving' && (
          <div>
            <Text mb="xs">{t('import.reading')}</Text>
            <Progress value={100} animated aria-label={t('import.reading')} />
          </div>
        )}
        {batch?.state === 'failed' && (
          <ProblemNotice problem={new Problem({ status: 422, code: batch.error?.code ?? 'import_failed', title: t('import.failed'), detail: batch.error?.message })} />
        )}
        {batch?.state === 'cancelled' && <Text>{batch.error?.message ?? t('import.cancelled')}</Text>}
        {batch?.state === 'waiting' && <ImportQuestions entry={entry} batch={batch} />}
        {batch && batch.state !== 'receiving' && batch.files.length > 0 && <VerdictList files={batch.files} />}
        {isSettled && (
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={() => {
                setKnown(null)
                upload.reset()
              }}
            >
              {t('import.again')}
            </Button>
            <Button onClick={close}>{t('common:action.close')}</Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
