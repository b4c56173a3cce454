import type { MarkKind } from './marks'
import classes from './replay.module.css'

const SIZE = 12

/** One shape a kind, so that the timeline is read without colours. */
const SHAPES: Readonly<Record<MarkKind, React.ReactNode>> = {
  keyframe: <rect x="5" y="1" width="2" height="10" />,
  measurement: <path d="M6 1 11 6 6 11 1 6Z" />,
  finding: <path d="M6 1 11 11 1 11Z" />,
  vote: <rect x="1.5" y="1.5" width="9" height="9" fill="none" strokeWidth="2" />,
  decision: <path d="M1.5 0V12H3.5V7.5H11L8.5 4.2 11 1H3.5V0Z" />,
  chat: <circle cx="6" cy="6" r="2.5" />,
}

interface MarkShapeProps {
  kind: MarkKind
  /** Left edge in per cent, where it stands on the timeline. */
  at?: number
}

export function MarkShape({ kind, at }: MarkShapeProps) {
  return (
    <svg
      className={classes.mark}
      data-kind={kind}
      style={at === undefined ? undefined : { left: `${at}%` }}
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      width={SIZE}
      height={SIZE}
      aria-hidden
    >
      {SHAPES[kind]}
    </svg>
  )
}
