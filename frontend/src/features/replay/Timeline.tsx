import { memo, useMemo, useRef, type PointerEvent as HandEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { formatInstant } from '@/ui/format'

import { MarkShape } from './MarkShape'
import { beginningOf, endOf, type Replay } from './replaySession'
import { useReplayState } from './useReplay'
import classes from './replay.module.css'

/** The chapter from left to right: what happened when, and where the player is. */
export function Timeline({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const chapter = useReplayState(replay, (state) => state.chapter)
  const position_ms = useReplayState(replay, (state) => state.position_ms)
  const track = useRef<HTMLDivElement>(null)
  if (chapter === null) return null
  const from = beginningOf(chapter)
  const long = Math.max(1, endOf(chapter) - from)
  const at = (100 * (position_ms - from)) / long
  const goTo = (event: HandEvent): void => {
    const box = track.current?.getBoundingClientRect()
    if (box && box.width > 0) replay.seek(from + (long * (event.clientX - box.left)) / box.width)
  }
  return (
    <div
      ref={track}
      className={classes.timeline}
      role="slider"
      tabIndex={0}
      aria-label={t('timeline')}
      aria-valuemin={0}
      aria-valuemax={Math.round(long / 1000)}
      aria-valuenow={Math.round((position_ms - from) / 1000)}
      aria-valuetext={formatInstant(new Date(position_ms).toISOString())}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        goTo(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) goTo(event)
      }}
    >
      <Marks replay={replay} from={from} long={long} />
      <div className={classes.played} style={{ width: `${at}%` }} />
      <div className={classes.head} style={{ left: `${at}%` }} />
    </div>
  )
}

/** Drawn once a chapter, not with each frame. */
const Marks = memo(function Marks({ replay, from, long }: { replay: Replay; from: number; long: number }) {
  const marks = useReplayState(replay, (state) => state.marks)
  return useMemo(
    () =>
      marks.map(({ seq, kind, at_ms }) => (
        <MarkShape key={seq} kind={kind} at={(100 * (at_ms - from)) / long} />
      )),
    [marks, from, long],
  )
})
