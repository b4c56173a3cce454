import { Button, FileButton, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { useQueryClient } from '@tanstack/react-query'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { caseKeys } from '@/api/cases'
import { isImportSettled, uploadFiles, useImport } from '@/api/imports'
import { asProblem, Problem } from '@/api/problem'
import type { CaseDetail, ImportFile } from '@/api/types'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { ImportVerdicts } from './ImportVerdicts'
import { MismatchPanel } from './MismatchPanel'

interface ImportDialogProps {
  entry: CaseDetail
  /** Dropped on the case already, before the dialog opened. */
  initialFiles: File[]
  onClose: () => void
}

const ATTRIBUTES_FOR_FOLDER = { webkitdirectory: '' } as Record<string, string>

/** Upload files, watch them being read, see the verdict on each one. */
export function ImportDialog({ entry, initialFiles, onClose }: ImportDialogProps) {
  const { t } = useTranslation('cases')
  const client = useQueryClient()
  const [files, setFiles] = useState<File[]>(initialFiles)
  const [sent, setSent] = useState<number | null>(null)
  const [importId, setImportId] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const abort = useRef<AbortController | null>(null)
  const batch = useImport(importId)
  const settled = isImportSettled(batch.data)
  const foreign = (batch.data?.files ?? []).filter((file) => file.code === 'patient_mismatch')

  const send = async (chosen: File[], mismatchReason?: string) => {
    if (chosen.length === 0) return
    setFiles(chosen)
    setProblem(null)
    setImportId(null)
    setSent(0)
    abort.current = new AbortController()
    try {
      const made = await uploadFiles({
        caseId: entry.id,
        files: chosen,
        mismatchReason,
        onProgress: setSent,
        signal: abort.current.signal,
      })
      setImportId(made.id)
    } catch (error) {
      if (!(error instanceof DOMException)) setProblem(asProblem(error))
    } finally {
      setSent(null)
      void client.invalidateQueries({ queryKey: caseKeys.studies(entry.id) })
    }
  }
  const close = () => {
    abort.current?.abort()
    void client.invalidateQueries({ queryKey: caseKeys.one(entry.id) })
    onClose()
  }
  const sendForeign = (reason: string) => {
    const names = new Set(foreign.map((file) => file.name))
    const matching = files.filter((file) => names.has(file.name) || names.has(file.webkitRelativePath))
    // A zip's members carry other names than the zip: then everything goes again.
    void send(matching.length > 0 ? matching : files, reason)
  }
  const isIdle = sent === null && importId === null && problem === null
  return (
    <Modal opened onClose={close} title={t('import.title')} size={760}>
      <Stack gap="md">
        {isIdle && <FileChooser initialFiles={initialFiles} onChoose={(chosen) => void send(chosen)} />}
        {sent !== null && (
          <div>
            <Group justify="space-between">
              <Text>{t('import.sending', { count: files.length })}</Text>
              <Button size="xs" variant="default" onClick={() => abort.current?.abort()}>
                {t('common:action.cancel')}
              </Button>
            </Group>
            <Progress mt="xs" value={sent * 100} aria-label={t('import.sending', { count: files.length })} />
          </div>
        )}
        {problem &&
          (problem.code === 'patient_mismatch' ? (
            <MismatchPanel
              problem={problem}
              mayConfirm={entry.can.includes('confirm_mismatch')}
              busy={false}
              onConfirm={(reason) => void send(files, reason)}
              onBack={() => setProblem(null)}
            />
          ) : (
            <ProblemNotice problem={problem} onRetry={() => void send(files)} />
          ))}
        {importId !== null && !settled && (
          <div>
            <Text mb="xs">{t('import.reading')}</Text>
            <Progress value={100} animated aria-label={t('import.reading')} />
          </div>
        )}
        {batch.error && <ProblemNotice problem={batch.error} onRetry={() => void batch.refetch()} />}
        {batch.data?.state === 'failed' && (
          <ProblemNotice problem={new Problem({ status: 422, code: batch.data.error?.code ?? 'import_failed', title: t('import.failed'), detail: batch.data.error?.message })} onRetry={() => void send(files)} />
        )}
        {batch.data && batch.data.files.length > 0 && <ImportVerdicts files={batch.data.files} />}
        {settled && foreign.length > 0 && (
          <ForeignFiles entry={entry} foreign={foreign} details={batch.data?.mismatches[0] ?? {}} onConfirm={sendForeign} />
        )}
        {settled && (
          <Group justify="flex-end">
            <Button variant="default" onClick={() => { setImportId(null); setFiles([]) }}>
              {t('import.again')}
            </Button>
            <Button onClick={close}>{t('common:action.close')}</Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}

function FileChooser({ initialFiles, onChoose }: { initialFiles: File[]; onChoose: (files: File[]) => void }) {
  const { t } = useTranslation('cases')
  return (
    <>
      <Dropzone onDrop={onChoose} aria-label={t('import.drop')} py={36}>
        <Stack align="center" gap={6}>
          <IconUpload size={28} stroke={1.5} aria-hidden />
          <Text fw={500}>{t('import.drop')}</Text>
          <Text c="dimmed" size="sm" ta="center" maw={440}>
            {t('import.dropHint')}
          </Text>
        </Stack>
      </Dropzone>
      <Group justify="center">
        <FileButton multiple onChange={onChoose}>
          {(props) => (
            <Button variant="default" {...props}>
              {t('import.choose')}
            </Button>
          )}
        </FileButton>
        <FileButton multiple onChange={onChoose} inputProps={ATTRIBUTES_FOR_FOLDER}>
          {(props) => (
            <Button variant="default" {...props}>
              {t('import.folder')}
            </Button>
          )}
        </FileButton>
        {initialFiles.length > 0 && (
          <Button onClick={() => onChoose(initialFiles)}>{t('import.sendDropped', { count: initialFiles.length })}</Button>
        )}
      </Group>
    </>
  )
}

interface ForeignFilesProps {
  entry: CaseDetail
  foreign: ImportFile[]
  /** Both identities, as `patient_mismatch` tells them. */
  details: Record<string, unknown>
  onConfirm: (reason: string) => void
}

/** The rejected files that belong to somebody else by their header. */
function ForeignFiles({ entry, foreign, details, onConfirm }: ForeignFilesProps) {
  const { t } = useTranslation('cases')
  const [isOpen, setOpen] = useState(false)
  const asTold = new Problem({ status: 409, code: 'patient_mismatch', title: '', details })
  if (!isOpen) {
    return (
      <Group>
        <Text c="var(--c-urgent)">{t('import.mismatchFiles', { count: foreign.length })}</Text>
        <Button size="xs" variant="default" onClick={() => setOpen(true)}>
          {t('mismatch.compare')}
        </Button>
      </Group>
    )
  }
  return (
    <MismatchPanel
      problem={asTold}
      mayConfirm={entry.can.includes('confirm_mismatch')}
      busy={false}
      onConfirm={onConfirm}
      onBack={() => setOpen(false)}
    />
  )
}
