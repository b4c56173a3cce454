import { Autocomplete, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { useTypedAtOnce } from '@/ui/useTypedAtOnce'

import { valuesText } from './measurementWords'
import type { MeasurementStore } from './measurementStore'
import { useSiteWords } from './useSiteWords'
import { useValueWords } from './useValueWords'

const LONGEST_LABEL = 200
const LONGEST_SITE = 64

interface LabelDialogProps {
  id: string
  store: MeasurementStore
  onClose: () => void
}

/** What a measurement is called and where it is; Enter keeps it. */
export function LabelDialog({ id, store, onClose }: LabelDialogProps) {
  const { t } = useTranslation('tools')
  const sites = useSiteWords()
  const words = useValueWords()
  const known = store.items.find((item) => item.id === id)
  const [label, setLabel] = useState(known?.label ?? '')
  const [site, setSite] = useState(sites.wordOf(known?.site ?? ''))
  const { ref, onFocus } = useTypedAtOnce()
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (known === undefined) return
    store.write?.rename(id, { label: label.trim(), site: sites.siteOf(site) })
    onClose()
  }
  return (
    <Modal
      opened
      onClose={onClose}
      size="sm"
      title={t('label.title')}
      transitionProps={{ duration: 0 }}
    >
      <form onSubmit={save} onFocus={onFocus}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed" style={{ whiteSpace: 'pre-line' }}>
            {known ? valuesText(known, words) : t('label.saving')}
          </Text>
          <TextInput
            ref={ref}
            data-autofocus
            label={t('label.label')}
            value={label}
            maxLength={LONGEST_LABEL}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <Autocomplete
            label={t('label.site')}
            placeholder={t('label.siteHint')}
            data={sites.all}
            value={site}
            maxLength={LONGEST_SITE}
            onChange={setSite}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('label.cancel')}
            </Button>
            <Button type="submit" disabled={known === undefined}>
              {t('label.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
