import { Button } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useMe } from '@/api/session'
import type { MeasurementBody } from '@/protocol/generated'
import type { Viewer } from '@/viewer/viewer'

import { LabelDialog } from './LabelDialog'
import { AssignDialog } from './lesions/AssignDialog'
import type { LesionStore } from './lesions/lesionStore'
import { useLesionWords } from './lesions/useLesionWords'
import { MeasurementRow } from './MeasurementRow'
import type { MeasurementStore } from './measurementStore'
import { middleOf } from './places'
import { useViewerState } from './useViewerState'
import classes from './panels.module.css'

/** Who may correct anybody's measurement; the server decides. */
const IMAGING: readonly string[] = ['radiology', 'nuclear_medicine']

interface MeasurementListProps {
  viewer: Viewer
  store: MeasurementStore
  myId: string
  lesions: LesionStore
}

/** All measurements of the case: one click goes to the place. Each is saved as it is made. */
export function MeasurementList({ viewer, store, myId, lesions }: MeasurementListProps) {
  const { t } = useTranslation(['viewer', 'tools'])
  const selected = useViewerState(viewer, (v) => v.selected)
  const [naming, setNaming] = useState<string | null>(null)
  const [assigning, setAssigning] = useState<string | null>(null)
  const words = useLesionWords()
  const isImaging = IMAGING.includes(useMe().data?.discipline ?? '')
  const lesionOf = (item: MeasurementBody): string | null => {
    const lesion = lesions.items.find((one) => one.id === item.lesion)
    return lesion ? words.nameOf(lesion) : null
  }
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
            lesion={lesionOf(item)}
            onShow={() => show(item)}
            onName={write && item.author.id === myId ? () => setNaming(item.id) : null}
            onAssign={
              write && lesions.write && (isImaging || item.author.id === myId)
                ? () => setAssigning(item.id)
                : null
            }
            onRemove={write && item.author.id === myId ? () => write.remove(item.id) : null}
          />
        ))}
      </ul>
      {write && (
        <Button
          className={classes.undo}
          size="compact-sm"
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
      {assigning !== null && (
        <AssignDialog
          id={assigning}
          store={store}
          lesions={lesions}
          onClose={() => setAssigning(null)}
        />
      )}
    </>
  )
}
