import { useTranslation } from 'react-i18next'

import classes from './lesions.module.css'

interface LesionChipProps {
  /** "T1 · Liver". */
  lesion: string
  /** Null where this person may not. */
  onAssign: (() => void) | null
}

/** Which lesion a measurement is of, in words; pressed it may be another one. */
export function LesionChip({ lesion, onAssign }: LesionChipProps) {
  const { t } = useTranslation('lesions')
  if (onAssign === null) {
    return (
      <span className={classes.chip} title={lesion}>
        {lesion}
      </span>
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
