import { Autocomplete, Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { LesionBody } from '@/protocol/generated'
import { useTypedAtOnce } from '@/ui/useTypedAtOnce'

import { useSiteWords } from '../useSiteWords'
import type { Saying } from './lesionStore'

const LONGEST_LABEL = 80
const LONGEST_SITE = 64
const ROLES = ['unset', 'target', 'non_target', 'new'] as const

interface LesionFormProps {
  /** What is said so far; a new one begins with what the measurement says. */
  start: Saying
  onSave: (saying: Saying) => void
  onCancel: () => void
}

/** What is said of a lesion; Enter keeps it. */
export function LesionForm({ start, onSave, onCancel }: LesionFormProps) {
  const { t } = useTranslation('lesions')
  const sites = useSiteWords()
  const [label, setLabel] = useState(start.label)
  const [site, setSite] = useState(sites.wordOf(start.site))
  const [role, setRole] = useState<string>(start.role ?? 'unset')
  const [isNode, setNode] = useState(start.is_node)
  const { ref, onFocus } = useTypedAtOnce()
  const place = (word: string) => {
    setSite(word)
    // A lymph node is a node: said once is enough, and can be taken back.
    if (sites.siteOf(word) === 'lymph_node') setNode(true)
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    onSave({
      label: label.trim(),
      site: sites.siteOf(site),
      role: role === 'unset' ? null : (role as LesionBody['role']),
      is_node: isNode,
    })
  }
  return (
    <form onSubmit={save} onFocus={onFocus}>
      <Stack gap="sm">
        <TextInput
          ref={ref}
          data-autofocus
          label={t('dialog.label')}
          value={label}
          maxLength={LONGEST_LABEL}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Autocomplete
          label={t('dialog.site')}
          placeholder={t('dialog.siteHint')}
          data={sites.all}
          value={site}
          maxLength={LONGEST_SITE}
          onChange={place}
        />
        <NativeSelect
          label={t('dialog.role')}
          value={role}
          data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
          onChange={(event) => setRole(event.currentTarget.value)}
        />
        <Checkbox
          label={t('dialog.isNode')}
          checked={isNode}
          onChange={(event) => setNode(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t('dialog.cancel')}
          </Button>
          <Button type="submit">{t('dialog.save')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
