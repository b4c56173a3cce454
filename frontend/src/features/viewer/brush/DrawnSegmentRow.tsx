import { ActionIcon, Checkbox, Tooltip } from '@mantine/core'
import { IconBrush, IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { drawnSegment } from '@/api/radiomics'
import type { DrawnSegment, DrawnSegmentation } from '@/api/types'
import { RadiomicsButton } from '@/features/ai/radiomics/RadiomicsButton'
import { isBrushTool } from '@/viewer/brush/brush'
import { drawnMaskId } from '@/viewer/stage'

import type { CaseRoom } from '../useCaseRoom'
import { SegmentEditor } from './SegmentEditor'
import type { DrawnRoom } from './useDrawnRoom'
import panel from '../panels.module.css'
import classes from './brush.module.css'

interface DrawnSegmentRowProps {
  room: CaseRoom
  drawn: DrawnRoom
  one: DrawnSegmentation
  segment: DrawnSegment
  mayChange: boolean
}

/** One segment: shown or not, its volume, a click goes there, the brush paints on it. */
export function DrawnSegmentRow({ room, drawn, one, segment, mayChange }: DrawnSegmentRowProps) {
  const { t } = useTranslation('brush')
  const [open, setOpen] = useState(false)
  const { viewer } = room
  const { number, label, colour } = segment
  const id = drawnMaskId(one.id, number)
  const isTarget = drawn.target?.id === one.id && drawn.target.segment === number
  const take = () => {
    if (isTarget) {
      drawn.deactivate()
      return
    }
    if (!isBrushTool(viewer.tool)) viewer.setTool('brush')
    void drawn.activate(one, segment)
  }
  const kind = t(`types.${segment.type.code}`, { defaultValue: segment.type.display })
  return (
    <li>
      <div className={panel.row} data-selected={isTarget} data-drawn-segment={number}>
        <Checkbox
          size="xs"
          checked={isTarget || room.visibleMasks.has(id)}
          aria-label={t('show', { label })}
          onChange={(event) => room.showMasks([id], event.currentTarget.checked)}
        />
        <button
          type="button"
          className={panel.rowMain}
          title={t('goTo', { label })}
          onClick={() => void jumpTo(room, drawn, one, number)}
        >
          <span className={panel.segmentNumber} style={{ '--segment': colour } as React.CSSProperties}>
            {number}
          </span>
          <span className={panel.rowText}>
            <span className={panel.strong}>{label}</span>
            <span className={panel.dim}>
              {[kind !== label && kind, volumeText(segment, t)].filter(Boolean).join(' · ')}
            </span>
          </span>
        </button>
        <RadiomicsButton
          measured={drawnSegment(one.id, one.revision, number)}
          label={label}
          isEmpty={segment.voxels === 0}
        />
        {mayChange && (
          <>
            <Tooltip label={isTarget ? t('stop') : t('paint', { label })}>
              <ActionIcon
                variant={isTarget ? 'light' : 'subtle'}
                color={isTarget ? 'accent' : 'gray'}
                size={26}
                aria-label={isTarget ? t('stop') : t('paint', { label })}
                aria-pressed={isTarget}
                onClick={take}
              >
                <IconBrush size={16} />
              </ActionIcon>
            </Tooltip>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              aria-label={t('more', { label })}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              <IconDots size={16} />
            </ActionIcon>
          </>
        )}
      </div>
      {open && (
        <div className={classes.editor}>
          <SegmentEditor drawn={drawn} one={one} segment={segment} onDone={() => setOpen(false)} />
        </div>
      )}
    </li>
  )
}

type Words = (key: string, values?: Record<string, unknown>) => string

/** The server's figure, from its own count; never one without a known spacing. */
function volumeText({ voxels, volume_ml }: DrawnSegment, t: Words): string {
  if (voxels === 0) return t('empty')
  if (volume_ml === null) return t('noVolume')
  return t('volume', { value: volume_ml.toFixed(volume_ml < 10 ? 2 : 1) })
}

async function jumpTo(
  { viewer }: CaseRoom,
  { drawing }: DrawnRoom,
  one: DrawnSegmentation,
  segment: number,
): Promise<void> {
  const { series_instance_uid } = one
  const labelmap = await drawing.open(one)
  const frame = labelmap.fullest(segment)
  if (frame === null) await viewer.show(viewer.active, series_instance_uid, 'user')
  else await viewer.jumpTo({ series_instance_uid, ...labelmap.placeOf(frame) }, null)
}
