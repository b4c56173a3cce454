import { Button } from '@mantine/core'
import { IconTimeline } from '@tabler/icons-react'
import { type CSSProperties, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { type TimelineLine, useTimeline } from '@/api/clinical'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import caseClasses from '../Case.module.css'
import classes from './Clinical.module.css'
import { formatPartial } from './partial'
import { useClinicalWords } from './words'

const DOTS: Record<string, string> = {
  meeting: 'var(--c-accent)',
  decision: 'var(--c-ok)',
  draft: 'var(--c-warning)',
  treatment: 'var(--c-text)',
}
const AT_ONCE = 12

/** Everything that is known of the case in time, newest first; each line with its source. */
export function TimelineSection({ caseId }: { caseId: string }) {
  const { t } = useTranslation('clinical')
  const found = useTimeline(caseId)
  const [isWhole, setWhole] = useState(false)
  const lines = found.data?.results ?? []
  const shown = isWhole ? lines : lines.slice(0, AT_ONCE)
  return (
    <Section title={t('timeline.title')} count={lines.length || null}>
      {found.error && !found.data && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
      {!found.data && !found.error && <LoadingRows label={t('common:list.loading')} rows={4} />}
      {found.data && lines.length === 0 && <EmptyState compact icon={IconTimeline} title={t('timeline.empty')} />}
      {shown.length > 0 && (
        <ol className={caseClasses.timeline}>
          {shown.map((line) => (
            <Line key={`${line.kind}-${line.id}`} line={line} />
          ))}
        </ol>
      )}
      {lines.length > AT_ONCE && (
        <Button size="xs" variant="subtle" mx={14} mb={8} aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t('timeline.less') : t('timeline.more', { count: lines.length - AT_ONCE })}
        </Button>
      )}
      {found.data && found.data.withheld.length > 0 && <p className={classes.withheld}>{t('timeline.withheld')}</p>}
      {found.data?.truncated && <p className={classes.withheld}>{t('truncated')}</p>}
    </Section>
  )
}

function Line({ line }: { line: TimelineLine }) {
  const { t } = useTranslation('clinical')
  const { word } = useClinicalWords()
  const kind = word('timeline', line.kind)
  // A study or a meeting is its own source.
  const source = ['dicom', 'board'].includes(line.source) ? '' : word('source', line.source)
  const aside = [line.detail, source].filter(Boolean).join(' · ')
  return (
    <li className={caseClasses.event} style={{ '--dot': DOTS[line.kind] ?? 'var(--c-text-dim)' } as CSSProperties}>
      <span className={`${caseClasses.eventDate} c-figures`}>{formatPartial(line.at) || t('noDate')}</span>
      <span className={caseClasses.eventDot} aria-hidden />
      <span>
        <span className={classes.aside}>{kind}</span>{' '}
        {line.tags.map((tag) => (
          <span key={tag} className={caseClasses.modality}>
            {tag}
          </span>
        ))}{' '}
        {line.link && line.kind === 'meeting' ? <Link to={`/meetings/${line.link}`}>{line.title}</Link> : line.title}
        {aside && <span className={classes.aside}> {aside}</span>}
      </span>
    </li>
  )
}
