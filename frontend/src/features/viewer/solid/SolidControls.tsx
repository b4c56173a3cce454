import { ActionIcon } from '@mantine/core'
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, type Icon } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { lookFrom, orbit } from '@/viewer/solid/commands'
import { SIDES, sideOf } from '@/viewer/solid/orbit'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './solid.module.css'

const STEP_DEGREES = 15

const TURNS: readonly (readonly ['left' | 'right' | 'up' | 'down', Icon, number, number])[] = [
  ['left', IconArrowLeft, -STEP_DEGREES, 0],
  ['right', IconArrowRight, STEP_DEGREES, 0],
  ['up', IconArrowUp, 0, -STEP_DEGREES],
  ['down', IconArrowDown, 0, STEP_DEGREES],
]

/** From which side the 3D picture is seen, and how to turn it without a mouse. */
export function SolidControls({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('solid')
  const { reformat, camera } = useViewerState(viewer, () => view.state)
  if (reformat?.kind !== 'solid' || camera === null) return null
  const side = sideOf(camera)
  return (
    <div
      className={classes.look}
      role="group"
      aria-label={t('look.label')}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      {SIDES.map((one) => (
        <ActionIcon
          key={one}
          variant={one === side ? 'light' : 'subtle'}
          size={26}
          aria-label={t('look.from', { side: t(`look.${one}`) })}
          aria-pressed={one === side}
          onClick={() => lookFrom(view, one)}
        >
          <b>{one}</b>
        </ActionIcon>
      ))}
      {TURNS.map(([name, Symbol, right, down]) => (
        <ActionIcon
          key={name}
          variant="subtle"
          size={26}
          aria-label={t(`look.${name}`)}
          onClick={() => orbit(view, right, down)}
        >
          <Symbol size={15} />
        </ActionIcon>
      ))}
    </div>
  )
}
