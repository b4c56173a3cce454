import { Modal, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { valuesText } from '../measurementWords'
import type { MeasurementStore } from '../measurementStore'
import { useValueWords } from '../useValueWords'
import { LesionChoices } from './LesionChoices'
import { LesionForm } from './LesionForm'
import type { LesionStore, Saying } from './lesionStore'

interface AssignDialogProps {
  /** Of the measurement. */
  id: string
  store: MeasurementStore
  lesions: LesionStore
  onClose: () => void
}

/** Which lesion a measurement is of: one of the list, none, or a new one. */
export function AssignDialog({ id, store, lesions, onClose }: AssignDialogProps) {
  const { t } = useTranslation('lesions')
  const words = useValueWords()
  const [naming, setNaming] = useState(lesions.items.length === 0)
  const item = store.items.find((one) => one.id === id)
  const assign = (lesion: string | null) => {
    store.write?.assign(id, lesion)
    onClose()
  }
  const create = async (saying: Saying) => {
    const lesion = crypto.randomUUID()
    onClose()
    if (await lesions.write?.create(lesion, saying)) store.write?.assign(id, lesion)
  }
  return (
    <Modal
      opened
      onClose={onClose}
      size="sm"
      title={t(naming ? 'dialog.new' : 'dialog.title')}
      transitionProps={{ duration: 0 }}
    >
      <Text size="sm" c="dimmed" mb="sm" style={{ whiteSpace: 'pre-line' }}>
        {item ? valuesText(item, words) : t('dialog.saving')}
      </Text>
      {item && naming && (
        <LesionForm
          start={{
            label: '',
            site: item.site,
            role: null,
            is_node: item.site === 'lymph_node',
          }}
          onSave={(saying) => void create(saying)}
          onCancel={onClose}
        />
      )}
      {item && !naming && (
        <LesionChoices
          item={item}
          lesions={lesions.items}
          all={store.items}
          onChoose={assign}
          onNew={() => setNaming(true)}
        />
      )}
    </Modal>
  )
}
