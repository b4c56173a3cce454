import { Button } from '@mantine/core'
import { IconCloudCheck, IconCloudOff, IconCloudUpload, IconDownload, IconRefresh } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { type AcceptedStructureSet, structureSetFile, useSendStructureSet, useStructureSets } from '@/api/structureSets'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './StructureSets.module.css'

interface StudyStructureSetsProps {
  caseId: string
  studyUid: string
  /** How many findings are accepted: with another one the contents are others. */
  accepted: number
}

const LOOKS = {
  stored: { tone: 'ok', Icon: IconCloudCheck },
  failed: { tone: 'urgent', Icon: IconCloudOff },
  other: { tone: 'neutral', Icon: IconCloudUpload },
} as const

export function StudyStructureSets({ caseId, studyUid, accepted }: StudyStructureSetsProps) {
  const { t } = useTranslation('structuresets')
  const sets = useStructureSets(caseId, studyUid, accepted)
  const send = useSendStructureSet(caseId, studyUid)
  if (sets.error && !sets.data) return <ProblemNotice problem={sets.error} onRetry={() => void sets.refetch()} />
  if (!sets.data) return <LoadingRows label={t('common:list.loading')} rows={1} />
  return (
    <>
      {sets.data.results.map((one) => (
        <SeriesLine
          key={one.series_instance_uid}
          set={one}
          file={sets.data.may_send ? structureSetFile(caseId, studyUid, one.series_instance_uid) : null}
          isBusy={send.isPending && send.variables === one.series_instance_uid}
          onSend={sets.data.may_send ? () => send.mutate(one.series_instance_uid) : null}
        />
      ))}
      {send.error && <ProblemNotice problem={send.error} />}
      {!sets.data.may_send && <p className={classes.dim}>{t('notYou')}</p>}
    </>
  )
}

interface SeriesLineProps {
  set: AcceptedStructureSet
  /** Null for whoever may not take it out, or send it. */
  file: string | null
  onSend: (() => void) | null
  isBusy: boolean
}

function SeriesLine({ set, file, onSend, isBusy }: SeriesLineProps) {
  const { t } = useTranslation('structuresets')
  const series = set.series_description || t('series', { uid: set.series_instance_uid })
  const { sending } = set
  const { tone, Icon } = LOOKS[sending?.state === 'stored' || sending?.state === 'failed' ? sending.state : 'other']
  return (
    <div className={classes.row} data-structure-set={sending?.state ?? 'none'}>
      <div className={classes.text}>
        {series} · {t('structures', { names: set.regions.map((region) => region.name).join(', ') })}
      </div>
      {sending && (
        <Chip bare tone={tone} icon={<Icon size={13} aria-hidden />}>
          {wordFor('exportState', sending.state)}
        </Chip>
      )}
      {onSend && !sending && (
        <Button
          size="compact-sm"
          variant="default"
          loading={isBusy}
          leftSection={<IconCloudUpload size={14} aria-hidden />}
          aria-label={t('sendOf', { series })}
          onClick={onSend}
        >
          {t('send')}
        </Button>
      )}
      {onSend && sending?.state === 'failed' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={isBusy}
          leftSection={<IconRefresh size={14} aria-hidden />}
          aria-label={t('againOf', { series })}
          onClick={onSend}
        >
          {t('again')}
        </Button>
      )}
      {file && (
        <Button
          size="compact-sm"
          variant="subtle"
          component="a"
          href={file}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
          aria-label={t('downloadOf', { series })}
        >
          {t('download')}
        </Button>
      )}
      {sending?.error && sending.state !== 'stored' && <div className={classes.text}>{sending.error.message || sending.error.code}</div>}
      {set.earlier > 0 && <div className={classes.dim}>{t('earlier', { count: set.earlier })}</div>}
    </div>
  )
}
