import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { DrawnSegmentation } from '@/api/types'
import { formatDateTime } from '@/ui/format'

import type { CaseRoom } from '../useCaseRoom'
import { DrawnSegmentRow } from './DrawnSegmentRow'
import { DEFAULT_TYPE, draftOf, SEGMENT_COLOURS, type DrawnRoom } from './useDrawnRoom'
import panel from '../panels.module.css'
import classes from './brush.module.css'

const IMAGING = ['radiology', 'nuclear_medicine']

interface DrawnSectionProps {
  room: CaseRoom
  drawn: DrawnRoom
  one: DrawnSegmentation
}

/** One segmentation: who drew it, from what, and its segments. */
export function DrawnSection({ room, drawn, one }: DrawnSectionProps) {
  const { t } = useTranslation('brush')
  const { lease, me, mayDraw } = drawn
  const mayChange = mayDraw && (one.author.id === me.id || IMAGING.includes(me.discipline))
  const label = one.name || one.segments.map((segment) => segment.label).join(', ')
  const holder = lease?.heldBy(one.id) ?? null
  const facts = [
    formatDateTime(one.created_at),
    one.layer === 'draft' && t('draft'),
    one.origin && t(one.origin.kind === 'nifti' ? 'fromFile' : 'from', { label: one.origin.label }),
  ]
  return (
    <section className={panel.segmentation} aria-label={label} data-drawn={one.id}>
      <header className={panel.segmentationHead}>
        <span className={panel.rowText}>
          <span className={classes.by}>
            <IconPencil size={13} aria-hidden /> {t('drawnBy', { name: one.author.display_name })}
          </span>
          <span className={panel.dim}>{facts.filter(Boolean).join(' · ')}</span>
        </span>
        {mayChange && (
          <Tooltip label={t('remove')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              aria-label={t('remove')}
              onClick={() => void removeWithUndo(drawn, one, t('removed', { label }), t('undo'))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </header>
      {holder !== null && (
        <p className={classes.held} role="status">
          {t('held', { name: holder.display_name })}
          {lease?.mayTakeOver && mayChange && (
            <Button size="compact-xs" variant="light" onClick={() => lease.acquire(one.id, true)}>
              {t('takeOver')}
            </Button>
          )}
        </p>
      )}
      <ul className={panel.list}>
        {one.segments.map((segment) => (
          <DrawnSegmentRow
            key={segment.number}
            room={room}
            drawn={drawn}
            one={one}
            segment={segment}
            mayChange={mayChange}
          />
        ))}
      </ul>
      {mayChange && (
        <Button
          size="compact-xs"
          mih={24}
          variant="subtle"
          color="gray"
          leftSection={<IconPlus size={13} />}
          onClick={() => void addSegment(drawn, one, t('segment', { number: one.segments.length + 1 }))}
        >
          {t('add')}
        </Button>
      )}
    </section>
  )
}

async function addSegment(drawn: DrawnRoom, one: DrawnSegmentation, label: string): Promise<void> {
  const colour = SEGMENT_COLOURS[one.segments.length % SEGMENT_COLOURS.length] ?? '#ffb454'
  const changed = await drawn.change(one, [
    ...one.segments.map(draftOf),
    { label, type: DEFAULT_TYPE, colour },
  ])
  const added = changed?.segments.at(-1)
  if (changed && added) await drawn.activate(changed, added)
}

/** Taken away at once; the message has the way back. */
async function removeWithUndo(
  drawn: DrawnRoom,
  one: DrawnSegmentation,
  message: string,
  undo: string,
): Promise<void> {
  if (drawn.target?.id === one.id) drawn.deactivate()
  if (!(await drawn.remove(one))) return
  const id = `drawn-removed-${one.id}`
  const restore = (): void => {
    notifications.hide(id)
    void drawn.restore(one)
  }
  notifications.show({
    id,
    autoClose: 10_000,
    message: (
      <span className={classes.removed}>
        {message}
        <Button size="compact-xs" variant="light" onClick={restore}>
          {undo}
        </Button>
      </span>
    ),
  })
}
