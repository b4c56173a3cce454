import { IconCheck, IconPlus } from '@tabler/icons-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { LesionBody, MeasurementBody } from '@/protocol/generated'

import { valueLines } from '../measurementWords'
import { useValueWords } from '../useValueWords'
import { inItsPlace } from './lesionStore'
import { useLesionWords } from './useLesionWords'
import classes from './lesions.module.css'

interface LesionChoicesProps {
  item: MeasurementBody
  lesions: readonly LesionBody[]
  all: readonly MeasurementBody[]
  onChoose: (lesion: string | null) => void
  onNew: () => void
}

/** Arrows go from one to the next. */
function step(event: KeyboardEvent<HTMLElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (by === undefined) return
  event.preventDefault()
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')]
  const at = all.findIndex((one) => one === document.activeElement)
  all[(at + by + all.length) % all.length]?.focus()
}

/** Lesions with the one that is chosen; where the place is taken it says by what, and stays so. */
export function LesionChoices({ item, lesions, all, onChoose, onNew }: LesionChoicesProps) {
  const { t } = useTranslation('lesions')
  const words = useLesionWords()
  const values = useValueWords()
  const takenBy = (lesion: string): string | null => {
    const other = inItsPlace(item, lesion, all)
    if (other === undefined) return null
    const [value = ''] = valueLines(other, values)
    return t('dialog.taken', { kind: t(`tools:kind.${other.kind}`), value })
  }
  return (
    // The list only hands the arrows on; its buttons are what is pressed.
    <ul className={classes.choices} aria-label={t('dialog.of')} onKeyDown={step}>
      {lesions.map((lesion) => (
        <Choice
          key={lesion.id}
          isOn={lesion.id === item.lesion}
          taken={takenBy(lesion.id)}
          onPress={() => onChoose(lesion.id)}
        >
          {[words.nameOf(lesion), lesion.site && lesion.label].filter(Boolean).join(' · ')}
        </Choice>
      ))}
      <Choice isOn={item.lesion === null} onPress={() => onChoose(null)}>
        {t('dialog.noLesion')}
      </Choice>
      <li>
        <button type="button" className={classes.choice} onClick={onNew}>
          <span className={classes.sign}>
            <IconPlus size={15} aria-hidden />
          </span>
          {t('new')}
        </button>
      </li>
    </ul>
  )
}

interface ChoiceProps {
  isOn: boolean
  taken?: string | null
  onPress: () => void
  children: ReactNode
}

function Choice({ isOn, taken = null, onPress, children }: ChoiceProps) {
  return (
    <li>
      <button
        type="button"
        className={classes.choice}
        aria-pressed={isOn}
        aria-disabled={taken !== null || undefined}
        data-autofocus={isOn || undefined}
        onClick={() => taken === null && onPress()}
      >
        <span className={classes.sign}>{isOn && <IconCheck size={15} aria-hidden />}</span>
        <span>
          {children}
          {taken !== null && <span className={classes.taken}>{taken}</span>}
        </span>
      </button>
    </li>
  )
}
