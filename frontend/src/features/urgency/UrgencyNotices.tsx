import { Button, Tooltip } from '@mantine/core'
import { IconSparkles, IconVolumeOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useNoticeActions, useUrgencyNotices } from '@/api/urgency'
import type { UrgencyNotice, UrgencyNotices as Notices } from '@/api/types'
import { formatRelative } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { usePreferences } from '@/ui/preferences'

import classes from './UrgencyNotices.module.css'

type Demotion = Notices['demotions'][number]

/**
 * What waits for this person's word, above the screen and never over it. Not where others look
 * on: the room and the viewer have frames of their own, and a projected screen is left alone.
 */
export default function UrgencyNotices() {
  const { t } = useTranslation('urgency')
  const projected = usePreferences((state) => state.presentation)
  const { data } = useUrgencyNotices(!projected)
  const { acknowledge, noteDemotion } = useNoticeActions()
  if (projected || !data || data.notices.length + data.demotions.length === 0) return null
  const problem = acknowledge.error ?? noteDemotion.error
  return (
    <section className={classes.notices} aria-label={t('notices')}>
      <ul className={classes.list} aria-live="polite">
        {data.notices.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} isBusy={acknowledge.isPending} onAcknowledge={() => acknowledge.mutate(notice.id)} />
        ))}
        {data.demotions.map((demotion) => (
          <DemotionRow key={demotion.id} demotion={demotion} isBusy={noteDemotion.isPending} onSeen={() => noteDemotion.mutate(demotion.id)} />
        ))}
      </ul>
      {problem && <ProblemNotice problem={problem} />}
    </section>
  )
}

function NoticeRow({ notice, isBusy, onAcknowledge }: { notice: UrgencyNotice; isBusy: boolean; onAcknowledge: () => void }) {
  const { t } = useTranslation('urgency')
  return (
    <li className={classes.row}>
      <IconSparkles size={17} className={classes.icon} aria-hidden />
      <span className={classes.text}>
        <strong>{t('notice.title', { level: t(`level.${notice.level}`) })}</strong> {notice.case_title}
        <div className={classes.dim}>
          {[t('reason', { reason: notice.reason, model: notice.model.name, version: notice.model.version }), t('notice.more', { count: notice.count }), t('notice.raised', { when: formatRelative(notice.raised_at) })].join(' · ')}
        </div>
      </span>
      <Button component={Link} to={`/cases/${notice.case}#findings`} size="xs" variant="default" aria-label={t('notice.openNamed', { title: notice.case_title })}>
        {t('notice.open')}
      </Button>
      <Tooltip label={t('notice.meaning')}>
        <Button size="xs" variant="light" loading={isBusy} onClick={onAcknowledge} aria-label={t('notice.acknowledgeNamed', { title: notice.case_title })}>
          {t('notice.acknowledge')}
        </Button>
      </Tooltip>
    </li>
  )
}

function DemotionRow({ demotion, isBusy, onSeen }: { demotion: Demotion; isBusy: boolean; onSeen: () => void }) {
  const { t } = useTranslation('urgency')
  const { model, finding } = demotion
  return (
    <li className={classes.row}>
      <IconVolumeOff size={17} className={classes.icon} aria-hidden />
      <span className={classes.text}>
        <strong>{t('demotion.title')}</strong>
        <div className={classes.dim}>{t(`demotion.${demotion.because}`, { model, finding })}</div>
      </span>
      <Button component={Link} to="/automation" size="xs" variant="default">
        {t('demotion.open')}
      </Button>
      <Button size="xs" variant="light" loading={isBusy} onClick={onSeen} aria-label={t('demotion.seenNamed', { model, finding })}>
        {t('demotion.seen')}
      </Button>
    </li>
  )
}
