import { ActionIcon, Tooltip } from '@mantine/core'
import { IconTarget } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import classes from './lesions.module.css'

interface LesionChipProps {
  /** "T1 · Liver"; null: of none. */
  lesion: string | null
  /** Null where this person may not. */
  onAssign: (() => void) | null
}

/** Which lesion a measurement is of, in words; pressed it may be another one. */
export function LesionChip({ lesion, onAssign }: LesionChipProps) {
  const { t } = useTranslation('lesions')
  if (onAssign === null) {
    return lesion === null ? null : (
      <span className={classes.chip} title={lesion}>
        {lesion}
      </span>
    )
  }
  if (lesion === null) {
    return (
      <Tooltip label={t('assignNone')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={t('assignNone')}
          onClick={onAssign}
        >
          <IconTarget size={15} />
        </ActionIcon>
      </Tooltip>
    )
  }
  return (
    <button
      type="button"
      className={classes.chip}
      title={t('assign', { lesion })}
      aria-label={t('assign', { lesion })}
      onClick={onAssign}
    >
      {lesion}
    </button>
  )
}
