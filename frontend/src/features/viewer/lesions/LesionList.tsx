import { Modal } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { LesionBody } from '@/protocol/generated'
import { formatDate } from '@/ui/format'
import type { Viewer } from '@/viewer/viewer'

import { useKeyHints } from '../bindings'
import type { MeasurementStore } from '../measurementStore'
import { middleOf } from '../places'
import { useViewerState } from '../useViewerState'
import { LesionForm } from './LesionForm'
import { LesionRow } from './LesionRow'
import type { LesionStore } from './lesionStore'
import { timePointsOf } from './timePoints'
import { useLesionWords } from './useLesionWords'
import panel from '../panels.module.css'
import classes from './lesions.module.css'

interface LesionListProps {
  viewer: Viewer
  store: MeasurementStore
  lesions: LesionStore
  studies: readonly { readonly study_instance_uid: string; readonly study_date: string | null }[]
  /** The lesion that the presenter talks about, for whoever follows. */
  talked?: string | null
  /** Absent where nobody is told. */
  onChoose?: (id: string) => void
}

/** The lesions of the case with what was measured of them, oldest study first. Nothing is summed. */
export function LesionList({ viewer, store, lesions, studies, talked, onChoose }: LesionListProps) {
  const { t } = useTranslation('lesions')
  const words = useLesionWords()
  const keyOf = useKeyHints()
  const selected = useViewerState(viewer, (v) => v.selected)
  const [editing, setEditing] = useState<LesionBody | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const points = timePointsOf(store.items, studies)
  const shown = store.items.find((item) => item.id === selected)?.lesion ?? talked ?? chosen
  const choose = (id: string) => {
    viewer.select(null)
    setChosen(id)
    onChoose?.(id)
  }
  if (lesions.items.length === 0) {
    return (
      <section aria-label={t('title')}>
        <h2 className={panel.listTitle}>{t('title')}</h2>
        <p className={panel.empty}>
          {lesions.write ? t('none', { key: keyOf('lesion') }) : t('noneReadOnly')}
        </p>
      </section>
    )
  }
  return (
    <section aria-label={t('title')}>
      <h2 className={panel.listTitle}>{t('title')}</h2>
      {/* A region that scrolls can be scrolled with the keyboard. */}
      <div className={classes.scroll} role="group" tabIndex={0} aria-label={t('title')}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('column')}</th>
              {points.map((point) => (
                <th scope="col" key={point.study_instance_uid}>
                  {point.date ? formatDate(point.date) : t('noDate')}
                </th>
              ))}
              {lesions.write && <td />}
            </tr>
          </thead>
          <tbody>
            {lesions.items.map((lesion) => (
              <LesionRow
                key={lesion.id}
                lesion={lesion}
                items={store.items}
                points={points}
                isShown={shown === lesion.id}
                onChoose={() => choose(lesion.id)}
                onShow={(item) => {
                  viewer.select(item.id)
                  void viewer.jumpTo(item, middleOf(item.points_lps))
                }}
                onEdit={lesions.write && (() => setEditing(lesion))}
                onRemove={lesions.write && (() => lesions.write?.remove(lesion.id))}
              />
            ))}
          </tbody>
        </table>
      </div>
      {editing !== null && (
        <Modal
          opened
          onClose={() => setEditing(null)}
          size="sm"
          title={t('dialog.edit', { lesion: words.codeOf(editing) })}
          transitionProps={{ duration: 0 }}
        >
          <LesionForm
            start={editing}
            onSave={(saying) => {
              lesions.write?.revise(editing.id, saying)
              setEditing(null)
            }}
            onCancel={() => setEditing(null)}
          />
        </Modal>
      )}
    </section>
  )
}
