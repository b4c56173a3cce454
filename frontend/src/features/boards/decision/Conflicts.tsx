import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import type { PersonRef } from '@/api/types'

import type { Conflict } from './merging'
import own from './decision.module.css'

interface ConflictsProps {
  conflicts: readonly Conflict[]
  people: readonly PersonRef[]
  onMine: (conflict: Conflict) => void
  onTheirs: (conflict: Conflict) => void
}

/** Fields that somebody else changed while they were changed here: both are shown, one is chosen. */
export function Conflicts({ conflicts, people, onMine, onTheirs }: ConflictsProps) {
  const { t } = useTranslation('decisions')
  if (conflicts.length === 0) return null
  const nameOf = ({ path }: Conflict) => {
    const [field = '', key = '', name = ''] = path.split('.')
    if (field === 'positions') return t('conflict.positionOf', { name: people.find(({ id }) => id === key)?.display_name ?? '–' })
    if (name) return t('conflict.ofRecommendation', { number: Number(key) + 1, field: t(`field.${name}`) })
    return t(`field.${field}`)
  }
  return (
    <section className={own.conflicts} role="alert" aria-label={t('conflict.title')}>
      <strong>{t('conflict.title')}</strong>
      {conflicts.map((conflict) => {
        const name = nameOf(conflict)
        return (
          <div key={conflict.path} className={own.conflict}>
            <span>{name}</span>
            <span>{t('conflict.mine')}</span>
            <blockquote>{shown(conflict.mine)}</blockquote>
            <span>{t('conflict.theirs')}</span>
            <blockquote>{shown(conflict.theirs)}</blockquote>
            <Group gap={8}>
              <Button size="compact-sm" variant="default" aria-label={`${t('conflict.keepMine')}: ${name}`} onClick={() => onMine(conflict)}>
                {t('conflict.keepMine')}
              </Button>
              <Button size="compact-sm" variant="default" aria-label={`${t('conflict.takeTheirs')}: ${name}`} onClick={() => onTheirs(conflict)}>
                {t('conflict.takeTheirs')}
              </Button>
            </Group>
          </div>
        )
      })}
    </section>
  )
}

/** Words as they are; of a list or a position what was written in it, a line each. */
function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value !== 'object') return String(value)
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return parts.map(shown).filter((part) => part !== '–').join('\n') || '–'
}
