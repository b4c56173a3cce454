import { Button } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { MeasurementBody } from '@/protocol/generated'
import type { Viewer } from '@/viewer/viewer'

import { LabelDialog } from './LabelDialog'
import { MeasurementRow } from './MeasurementRow'
import type { MeasurementStore } from './measurementStore'
import { middleOf } from './places'
import { useViewerState } from './useViewerState'
import classes from './panels.module.css'

interface MeasurementListProps {
  viewer: Viewer
  store: MeasurementStore
  myId: string
}

/** All measurements of the case: one click goes to the place. Each is saved as it is made. */
export function MeasurementList({ viewer, store, myId }: MeasurementListProps) {
  const { t } = useTranslation(['viewer', 'tools'])
  const selected = useViewerState(viewer, (v) => v.selected)
  const [naming, setNaming] = useState<string | null>(null)
  const { write } = store
  const show = (item: MeasurementBody) => {
    viewer.select(item.id)
    void viewer.jumpTo(item, middleOf(item.points_lps))
  }
  return (
    <>
      {store.items.length === 0 && (
        <p className={classes.empty}>
          {t(write ? 'viewer:measurements.none' : 'viewer:measurements.noneReadOnly')}
        </p>
      )}
      <ul className={classes.list}>
        {store.items.map((item) => (
          <MeasurementRow
            key={item.id}
            item={item}
            selected={selected === item.id}
            onShow={() => show(item)}
            onName={write && item.author.id === myId ? () => setNaming(item.id) : null}
            onRemove={write && item.author.id === myId ? () => write.remove(item.id) : null}
          />
        ))}
      </ul>
      {write && (
        <Button
          className={classes.undo}
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowBackUp size={14} />}
          onClick={() => write.undo()}
        >
          {t('tools:list.undo')}
        </Button>
      )}
      {naming !== null && (
        <LabelDialog id={naming} store={store} onClose={() => setNaming(null)} />
      )}
    </>
  )
}
