import { Button, NumberInput, Select } from '@mantine/core'
import { IconFolderOff } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useModels } from '@/api/findings'
import { useValidationActions, useValidationFolders } from '@/api/validation'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Validation.module.css'

const MOST = 5_000
const FIELD_FIRST: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** Which version on which folder; the server checks both again. */
export function StartForm({ isBusy }: { isBusy: boolean }) {
  const { t } = useTranslation('validation')
  const folders = useValidationFolders(true)
  const models = useModels()
  const { start } = useValidationActions()
  const [version, setVersion] = useState<string | null>(null)
  const [folder, setFolder] = useState<string | null>(null)
  const [limit, setLimit] = useState<number | string>('')
  const problem = folders.error ?? models.error
  if (problem && (!folders.data || !models.data)) {
    return <ProblemNotice problem={problem} onRetry={() => void Promise.all([folders.refetch(), models.refetch()])} />
  }
  if (!folders.data || !models.data) return <LoadingRows label={t('common:list.loading')} rows={2} />
  if (!folders.data.configured || folders.data.folders.length === 0) {
    const word = folders.data.configured ? 'noFolders' : 'notConfigured'
    return <EmptyState icon={IconFolderOff} compact title={t(`start.${word}`)} hint={t(`start.${word}Hint`)} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (version && folder) start.mutate({ version, folder, limit: typeof limit === 'number' ? limit : null })
  }
  return (
    <form onSubmit={submit}>
      <div className={classes.form}>
        <Select
          label={t('start.model')}
          description={t('start.modelHint')}
          inputWrapperOrder={FIELD_FIRST}
          data={models.data.map((model) => ({
            group: model.name,
            items: model.versions.map((one) => ({ value: one.id, label: `${model.name} ${one.version}` })),
          }))}
          value={version}
          onChange={setVersion}
          searchable
          required
        />
        <Select
          label={t('start.folder')}
          data={folders.data.folders.map((one) => ({ value: one.name, label: t('start.folderOption', { name: one.name, count: one.studies }) }))}
          value={folder}
          onChange={setFolder}
          searchable
          required
        />
        <NumberInput label={t('start.limit')} description={t('start.limitHint')} inputWrapperOrder={FIELD_FIRST} min={1} max={MOST} allowDecimal={false} value={limit} onChange={setLimit} />
        <Button className={classes.submit} type="submit" loading={start.isPending} disabled={isBusy || !version || !folder}>
          {t('start.start')}
        </Button>
      </div>
      {isBusy && <p className={classes.dim}>{t('start.open')}</p>}
      {start.error && <ProblemNotice problem={start.error} />}
    </form>
  )
}
