import { Checkbox } from '@mantine/core'
import { IconAlertTriangle, IconSparkles } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { importedSegment } from '@/api/radiomics'
import type { Segment } from '@/api/types'
import { RadiomicsButton } from '@/features/ai/radiomics/RadiomicsButton'

import { segmentColour, type MaskLayer } from './maskLayers'
import { showSegment, type CaseRoom } from './useCaseRoom'
import classes from './panels.module.css'

const ALGORITHMS = ['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL']

interface SegmentRowProps {
  room: CaseRoom
  segment: Segment
  layers: readonly MaskLayer[]
}

/** One segment: shown or not, what it is and who made it; a click goes there. */
export function SegmentRow({ room, segment, layers }: SegmentRowProps) {
  const { t } = useTranslation('viewer')
  const { number, label, algorithm_type, algorithm_name } = segment
  const ids = layers.map(({ id }) => id)
  const isShown = ids.length > 0 && ids.every((id) => room.visibleMasks.has(id))
  const algorithm = ALGORITHMS.includes(algorithm_type) ? algorithm_type : 'other'
  const type = segment.type?.display
  const words = [
    type !== label && type,
    t(`segmentations.algorithm.${algorithm}`),
    algorithm_name,
    ids.length === 0 && t('segmentations.nothing'),
  ]
  return (
    <li className={classes.row}>
      <Checkbox
        size="xs"
        checked={isShown}
        disabled={ids.length === 0}
        aria-label={t('segmentations.show', { label })}
        onChange={(event) => room.showMasks(ids, event.currentTarget.checked)}
      />
      <button
        type="button"
        className={classes.rowMain}
        disabled={ids.length === 0}
        title={t('segmentations.goTo', { label })}
        onClick={() => void showSegment(room, layers)}
      >
        <span
          className={classes.segmentNumber}
          data-unreviewed={segment.unreviewed}
          style={{ '--segment': segmentColour(segment) } as React.CSSProperties}
        >
          {number}
        </span>
        <span className={classes.rowText}>
          <span className={classes.strong}>{label}</span>
          <span className={classes.dim}>
            {segment.unreviewed && <IconSparkles size={12} aria-hidden />}{' '}
            {words.filter(Boolean).join(' · ')}
          </span>
          {isShown && ids.some((id) => room.failedMasks.has(id)) && (
            <span className={classes.tileWarning} role="alert">
              <IconAlertTriangle size={12} aria-hidden /> {t('segmentations.failed')}
            </span>
          )}
        </span>
      </button>
      {segment.masks.slice(0, 1).map(({ mask_url }) => (
        <RadiomicsButton key={mask_url} measured={importedSegment(mask_url, number)} label={label} isUnreviewed={segment.unreviewed} />
      ))}
    </li>
  )
}
