import { Button, FileInput, Group, Progress, Stack, Text, TextInput } from '@mantine/core'
import { IconFileZip, IconInfoCircle, IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router-dom'

import { useMe } from '@/api/session'
import { EmptyState } from '@/ui/EmptyState'
import { formatBytes } from '@/ui/format'
import { Screen, Section } from '@/ui/Screen'

import { RefusalNotice } from './RefusalNotice'
import { useBundleUpload } from './useBundleUpload'
import classes from './Versions.module.css'

/** A file's placeholder is text on the page, not one of the browser's: it has to be read. */
const READABLE = { placeholder: { color: 'var(--c-text-dim)' } }

/** A bundle arrives here as a ZIP file, is read as hostile, and waits for two people's word. */
export default function UploadRoute() {
  const { t } = useTranslation('models')
  const me = useMe()
  const mayUpload = me.data?.system_roles.includes('ai_admin') ?? true
  return (
    <Screen title={t('upload.title')} lead={t('upload.lead')}>
      {mayUpload ? (
        <UploadForm />
      ) : (
        <EmptyState icon={IconFileZip} title={t('upload.notYours')} hint={t('upload.notYoursHint')} action={<Link to="/models">{t('back')}</Link>} />
      )}
    </Screen>
  )
}

function UploadForm() {
  const { t } = useTranslation('models')
  const navigate = useNavigate()
  const upload = useBundleUpload()
  const [archive, setArchive] = useState<File | null>(null)
  const [sideCar, setSideCar] = useState<File | null>(null)
  const [slug, setSlug] = useState('')
  const isBusy = upload.step !== 'idle'
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!archive) return
    const version = await upload.start({ archive, sideCar, slug: slug.trim() })
    if (version) void navigate(`/models/versions/${version.id}?show=content`)
  }
  return (
    <Section title={t('upload.section')} padded>
      <form onSubmit={(event) => void submit(event)} className={classes.form}>
        <Stack gap="md">
          <p className={classes.note}>
            <IconInfoCircle size={18} aria-hidden />
            {t('upload.isCode')}
          </p>
          <FileInput
            label={t('upload.archive')}
            description={t('upload.archiveHint')}
            placeholder={t('upload.choose')}
            styles={READABLE}
            accept=".zip,application/zip"
            leftSection={<IconFileZip size={16} aria-hidden />}
            value={archive}
            onChange={setArchive}
            disabled={isBusy}
            clearable
            required
          />
          <FileInput
            label={t('upload.sideCar')}
            description={t('upload.sideCarHint')}
            placeholder={t('upload.chooseSideCar')}
            styles={READABLE}
            accept=".json,application/json"
            value={sideCar}
            onChange={setSideCar}
            disabled={isBusy}
            clearable
          />
          <TextInput label={t('upload.slug')} description={t('upload.slugHint')} value={slug} onChange={(event) => setSlug(event.currentTarget.value)} disabled={isBusy} maxLength={80} />
          {upload.problem && <RefusalNotice problem={upload.problem} />}
          {isBusy && archive && (
            <div role="status">
              <Progress value={upload.total ? (100 * upload.sent) / upload.total : 0} aria-label={t('upload.progress')} />
              <Text size="sm" mt={6}>
                {upload.step === 'sending'
                  ? t('upload.sent', { sent: formatBytes(upload.sent), total: formatBytes(upload.total) })
                  : t('upload.reading')}
                {upload.isWaiting && ` ${t('upload.waiting')}`}
              </Text>
            </div>
          )}
          <Group justify="flex-end">
            {isBusy ? (
              <Button variant="default" onClick={() => void upload.discard()} disabled={upload.step === 'reading'}>
                {t('upload.discard')}
              </Button>
            ) : (
              <Button variant="default" component={Link} to="/models">
                {t('common:action.cancel')}
              </Button>
            )}
            <Button type="submit" leftSection={<IconUpload size={16} aria-hidden />} disabled={!archive || isBusy}>
              {t('upload.send')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
