import { Switch } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Segmentation } from '@/api/types'
import { AiMark } from '@/ui/clinical'
import { formatDate } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { segmentLayers } from './maskLayers'
import { SegmentRow } from './SegmentRow'
import type { CaseRoom } from './useCaseRoom'
import classes from './panels.module.css'

/** Segments that are not a finding's own. */
export const segmentCount = (segmentations: readonly Segmentation[]): number =>
  segmentations
    .filter((one) => one.finding === null)
    .reduce((sum, one) => sum + one.segments.length, 0)

/** The segmentations among the images, each with its segments; all off until somebody asks. */
export function SegmentationList({ room }: { room: CaseRoom }) {
  const { t } = useTranslation('viewer')
  const { segmentations, segmentationsProblem } = room
  if (segmentationsProblem !== null) {
    const { error, retry } = segmentationsProblem
    return <ProblemNotice problem={error} onRetry={retry} />
  }
  if (segmentations.length === 0) return <p className={classes.empty}>{t('segmentations.none')}</p>
  return segmentations.map((one) => <SegmentationSection key={one.id} room={room} one={one} />)
}

function SegmentationSection({ room, one }: { room: CaseRoom; one: Segmentation }) {
  const { t } = useTranslation('viewer')
  const name = one.description || one.label || t('segmentations.untitled')
  const layers = one.segments.map((segment) => segmentLayers(one, segment))
  const ids = layers.flat().map(({ id }) => id)
  const shown = ids.filter((id) => room.visibleMasks.has(id)).length
  const isUnreviewed = one.finding === null && one.segments.some((segment) => segment.unreviewed)
  return (
    <section className={classes.segmentation} aria-label={name} data-segmentation={one.id}>
      <header className={classes.segmentationHead}>
        <span className={classes.rowText}>
          <span className={classes.strong}>{name}</span>
          <span className={classes.dim}>
            {[one.manufacturer, formatDate(one.study_date)].filter(Boolean).join(' · ')}
          </span>
        </span>
        {ids.length > 0 && (
          <Switch
            size="xs"
            checked={shown === ids.length}
            aria-label={t('segmentations.showAll', { name })}
            onChange={(event) => room.showMasks(ids, event.currentTarget.checked)}
          />
        )}
      </header>
      {isUnreviewed && (
        <p className={classes.segmentationNote}>
          <AiMark /> {t('segmentations.unreviewedNote')}
        </p>
      )}
      {one.finding !== null && (
        <p className={classes.segmentationNote}>{t('segmentations.isFinding')}</p>
      )}
      {one.problems.map((problem) => (
        <p
          key={problem.code}
          className={problem.severity === 'note' ? classes.segmentationNote : classes.tileWarning}
          role={problem.severity === 'error' ? 'alert' : undefined}
        >
          {problem.severity === 'note' ? (
            <IconInfoCircle size={13} aria-hidden />
          ) : (
            <IconAlertTriangle size={13} aria-hidden />
          )}{' '}
          {t(`segmentations.problem.${problem.code}`, { defaultValue: problem.message })}
        </p>
      ))}
      {one.finding === null && (
        <ul className={classes.list}>
          {one.segments.map((segment, index) => (
            <SegmentRow
              key={segment.number}
              room={room}
              segment={segment}
              layers={layers[index] ?? []}
            />
          ))}
        </ul>
      )}
    </section>
  )
}
