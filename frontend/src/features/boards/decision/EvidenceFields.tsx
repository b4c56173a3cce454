import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { EvidenceDraft } from '@/api/boards'

import own from './decision.module.css'
import { isWebLink } from './links'

interface EvidenceFieldsProps {
  number: number
  entries: EvidenceDraft[]
  onChange: (entries: EvidenceDraft[]) => void
}

const FIELDS = ['title', 'version', 'grade', 'url'] as const

/** The guideline or paper that a recommendation rests on, with its level of evidence. */
export function EvidenceFields({ number, entries, onChange }: EvidenceFieldsProps) {
  const { t } = useTranslation('decisions')
  const change = (at: number, part: Partial<EvidenceDraft>) => onChange(entries.map((one, index) => (index === at ? { ...one, ...part } : one)))
  return (
    <div className={own.more}>
      {entries.map((entry, index) => (
        <div key={index} className={own.row}>
          {FIELDS.map((field) => (
            <TextInput
              key={field}
              size="xs"
              className={field === 'title' || field === 'url' ? own.wide : own.narrow}
              type={field === 'url' ? 'url' : 'text'}
              aria-label={t(`evidence.${field}Of`, { number, place: index + 1 })}
              placeholder={t(`evidence.${field}`)}
              error={field === 'url' && entry.url !== '' && !isWebLink(entry.url) ? t('evidence.badLink') : undefined}
              value={entry[field]}
              onChange={(event) => change(index, { [field]: event.currentTarget.value })}
            />
          ))}
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('evidence.remove', { number, place: index + 1 })} onClick={() => onChange(entries.filter((_one, at) => at !== index))}>
            <IconTrash size={15} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <Button
        size="compact-xs"
        variant="subtle"
        mih={24}
        onClick={() => onChange([...entries, { title: '', version: '', url: '', grade: '' }])}
        aria-label={`${t('evidence.add')}: ${number}`}
      >
        {t('evidence.add')}
      </Button>
    </div>
  )
}
