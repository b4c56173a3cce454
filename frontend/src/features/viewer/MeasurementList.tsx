import { ActionIcon, Tooltip } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { MeasurementBody } from '@/protocol/generated'
import { personColour } from '@/ui/people'
import type { Viewer } from '@/viewer/viewer'

import { valuesText, type MeasurementStore } from './measurementStore'
import { middleOf } from './places'
import { useViewerState } from './useViewerState'
import classes from './panels.module.css'

interface MeasurementListProps {
  viewer: Viewer
  store: MeasurementStore
  myId: string
}

/** All measurements of the case; one click goes to the place. */
export function MeasurementList({ viewer, store, myId }: MeasurementListProps) {
  const { t } = useTranslation('viewer')
  const selected = useViewerState(viewer, (v) => v.selected)
  if (store.items.length === 0) {
    return (
      <p className={classes.empty}>
        {t(store.write ? 'measurements.none' : 'measurements.noneReadOnly')}
      </p>
    )
  }
  const show = (item: MeasurementBody) => {
    viewer.select(item.id)
    void viewer.jumpTo(item, middleOf(item.points_lps))
  }
  return (
    <ul className={classes.list}>
      {store.items.map((item) => (
        <li key={item.id} className={classes.row} data-selected={selected === item.id}>
          <button type="button" className={classes.rowMain} onClick={() => show(item)}>
            <span
              className={classes.swatch}
              style={{
                background: personColour({
                  id: item.author.id ?? '',
                  discipline: item.author.discipline,
                }),
              }}
            />
            <span className={classes.rowText}>
              <span className={classes.strong}>{valuesText(item.values, (basis) => t(`basis.${basis}`))}</span>
              <span className={classes.dim}>
                {[item.label, t(`measurements.${item.kind}`), item.author.display_name]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
          </button>
          {store.write && item.author.id === myId && (
            <Tooltip label={t('measurements.remove')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('measurements.remove')}
                onClick={() => store.write?.remove(item.id)}
              >
                <IconTrash size={15} />
              </ActionIcon>
            </Tooltip>
          )}
        </li>
      ))}
    </ul>
  )
}
