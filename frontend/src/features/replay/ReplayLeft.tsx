import { memo, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { formatInstant, formatTime } from '@/ui/format'

import { MarkShape } from './MarkShape'
import type { Replay } from './replaySession'
import { useReplayState } from './useReplay'
import classes from './replay.module.css'

/** The cases of the session, and what happened in the one that is shown. */
export const ReplayLeft = memo(function ReplayLeft({ replay }: { replay: Replay }) {
  return (
    <>
      <Chapters replay={replay} />
      <Happened replay={replay} />
    </>
  )
})

function Chapters({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const chapters = useReplayState(replay, (state) => state.recording?.chapters)
  const current = useReplayState(replay, (state) => state.chapter)
  if (chapters === undefined || chapters.length < 2) return null
  return (
    <section aria-label={t('chapters')}>
      <h2 className={classes.title}>{t('chapters')}</h2>
      <ol className={classes.list}>
        {chapters.map((chapter) => (
          <li key={chapter.number}>
            <button
              type="button"
              className={classes.line}
              aria-current={chapter === current}
              onClick={() => void replay.openChapter(chapter)}
            >
              <span>{t('chapter', { number: chapter.number })}</span>
              <time className={classes.dim}>{formatInstant(chapter.from_at)}</time>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Happened({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const marks = useReplayState(replay, (state) => state.marks)
  const seq = useReplayState(replay, (state) => state.seq)
  const current = marks.findLast((mark) => mark.seq <= seq)
  const here = useRef<HTMLLIElement>(null)
  useEffect(() => {
    // Newer browsers return a promise here, which React would take for a clean-up.
    void here.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  return (
    <section aria-label={t('happened')}>
      <h2 className={classes.title}>{t('happened')}</h2>
      {marks.length === 0 && <p className={classes.dim}>{t('nothing')}</p>}
      <ol className={classes.list}>
        {marks.map((mark) => (
          <li key={mark.seq} ref={mark === current ? here : undefined}>
            <button
              type="button"
              className={classes.line}
              aria-current={mark === current}
              onClick={() => replay.seekToEvent(mark.seq)}
            >
              <MarkShape kind={mark.kind} />
              <span className={classes.what}>
                <span>{t(mark.signed ? 'mark.signed' : `mark.${mark.kind}`)}</span>
                <span className={`${classes.dim} ${classes.ellipsis}`}>{mark.who}</span>
              </span>
              <time className={classes.dim}>{formatTime(new Date(mark.at_ms).toISOString())}</time>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
