import { ActionIcon, Tooltip } from '@mantine/core'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { LesionBody, MeasurementBody } from '@/protocol/generated'
import { formatDate } from '@/ui/format'

import { valueLines } from '../measurementWords'
import { useSiteWords } from '../useSiteWords'
import { useValueWords } from '../useValueWords'
import { entryAt, type Entry, type TimePoint } from './timePoints'
import { useLesionWords } from './useLesionWords'
import classes from './lesions.module.css'

interface LesionRowProps {
  lesion: LesionBody
  items: readonly MeasurementBody[]
  points: readonly TimePoint[]
  isShown: boolean
  onChoose: () => void
  onShow: (item: MeasurementBody) => void
  /** Null where this person may not. */
  onEdit: (() => void) | null
  onRemove: (() => void) | null
}

/** One lesion: its code, what is said of it, and its diameter at each time point. */
export function LesionRow(props: LesionRowProps) {
  const { lesion, items, points, isShown, onChoose, onShow, onEdit, onRemove } = props
  const { t } = useTranslation('lesions')
  const words = useLesionWords()
  const sites = useSiteWords()
  const values = useValueWords()
  const code = words.codeOf(lesion)
  const isMeasured = items.some((item) => item.lesion === lesion.id)
  const facts = [
    sites.wordOf(lesion.site),
    lesion.label,
    t(`role.${lesion.role ?? 'unset'}`),
    lesion.is_node && t('node'),
  ]
  const said = ({ diameter, isShort }: Entry): string => {
    if (diameter === null) return t('noDiameter')
    const [value = ''] = valueLines({ values: [diameter], problem: null }, values)
    return isShort ? `${value} ${t('shortAxis')}` : value
  }
  const remove = isMeasured ? t('removeHeld') : t('remove', { lesion: code })
  return (
    <tr data-lesion={lesion.id} data-talked={isShown}>
      <th scope="row">
        <button type="button" className={classes.name} aria-pressed={isShown} onClick={onChoose}>
          <span>{code}</span>
          <span className={classes.facts}>{facts.filter(Boolean).join(' · ')}</span>
        </button>
      </th>
      {points.map((point) => {
        const entry = entryAt(lesion, items, point.study_instance_uid)
        const date = point.date ? formatDate(point.date) : t('noDate')
        return (
          <td key={point.study_instance_uid}>
            {entry ? (
              <button
                type="button"
                className={classes.value}
                aria-label={t('cell', { lesion: code, date, value: said(entry) })}
                onClick={() => onShow(entry.item)}
              >
                {said(entry)}
              </button>
            ) : (
              <span role="img" aria-label={t('notMeasured')}>
                –
              </span>
            )}
          </td>
        )
      })}
      {onEdit && onRemove && (
        <td>
          <span className={classes.acts}>
            <Tooltip label={t('edit', { lesion: code })}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={t('edit', { lesion: code })}
                onClick={onEdit}
              >
                <IconPencil size={15} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={remove}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={isMeasured ? `${t('remove', { lesion: code })}. ${remove}` : remove}
                aria-disabled={isMeasured}
                onClick={() => !isMeasured && onRemove()}
              >
                <IconTrash size={15} opacity={isMeasured ? 0.4 : 1} />
              </ActionIcon>
            </Tooltip>
          </span>
        </td>
      )}
    </tr>
  )
}
