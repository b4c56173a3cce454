import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

import classes from './Chip.module.css'

export type Tone = 'neutral' | 'accent' | 'urgent' | 'warning' | 'ok' | 'ai'

interface ChipProps {
  tone?: Tone
  icon?: ReactNode
  /** Said on hover and to screen readers as a description. */
  hint?: string
  /** AI that nobody has reviewed yet. */
  hatched?: boolean
  bare?: boolean
  children: ReactNode
}

/** A small state: always a word, with an icon beside the colour. */
export function Chip({ tone = 'neutral', icon, hint, hatched = false, bare = false, children }: ChipProps) {
  const className = [classes.chip, classes[tone], hatched && classes.hatched, bare && classes.bare]
    .filter(Boolean)
    .join(' ')
  const chip = (
    <span className={className}>
      {icon}
      {children}
    </span>
  )
  return hint ? (
    <Tooltip label={hint} multiline maw={320}>
      {chip}
    </Tooltip>
  ) : (
    chip
  )
}
