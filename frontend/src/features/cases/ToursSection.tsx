import { Button } from '@mantine/core'
import { IconPhotoSearch } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useTours, type Tour } from '@/api/tours'
import type { CaseDetail } from '@/api/types'
import { tourPath } from '@/features/replay/paths'
import { EmptyState } from '@/ui/EmptyState'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Section } from '@/ui/Screen'

import classes from './Case.module.css'

/** Views that somebody left to be looked at, or prepared for the meeting. */
export function ToursSection({ entry }: { entry: CaseDetail }) {
  const { t } = useTranslation('replay')
  const tours = useTours(entry.id)
  return (
    <Section title={t('tour.caseTitle')} count={tours.data?.length} id="views">
      {tours.error && <ProblemNotice problem={tours.error} onRetry={() => void tours.refetch()} />}
      {tours.data?.length === 0 && <EmptyState compact icon={IconPhotoSearch} title={t('tour.caseEmpty')} />}
      {tours.data?.length ? (
        <ul className={classes.recordings}>
          {tours.data.map((tour) => (
            <TourLine key={tour.id} tour={tour} />
          ))}
        </ul>
      ) : null}
    </Section>
  )
}

function TourLine({ tour }: { tour: Tour }) {
  const { t } = useTranslation('replay')
  const seen = tour.readers.filter(({ seen_at }) => seen_at !== null).length
  const name = tour.title || t('tour.by', { who: tour.author.display_name })
  const facts = [
    t('tour.views', { count: tour.steps.length }),
    tour.title && t('tour.by', { who: tour.author.display_name }),
    tour.due && t('tour.due', { when: formatDate(tour.due) }),
    tour.readers.length > 0 && t('tour.seen', { seen, count: tour.readers.length }),
  ]
  return (
    <li>
      <strong>{name}</strong>
      <span className={classes.dim}>{facts.filter(Boolean).join(' · ')}</span>
      <span className={classes.grow} />
      <Button
        component={Link}
        to={tourPath(tour.case, tour.id)}
        size="compact-sm"
        variant="default"
        leftSection={<IconPhotoSearch size={15} aria-hidden />}
        aria-label={t('tour.openOf', { name })}
      >
        {t('tour.open')}
      </Button>
    </li>
  )
}
