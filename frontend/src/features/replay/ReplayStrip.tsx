import { ActionIcon, Button, Checkbox, CopyButton } from '@mantine/core'
import {
  IconArrowBackUp,
  IconHistory,
  IconLink,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNextFilled,
  IconPlayerTrackPrevFilled,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { formatInstant } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { SPEEDS } from './clock'
import { replayPath } from './paths'
import type { Replay } from './replaySession'
import { Timeline } from './Timeline'
import { useReplayState } from './useReplay'
import classes from './replay.module.css'

/** What this is, always; then the player. */
export function ReplayStrip({ replay, onReturn }: { replay: Replay; onReturn: () => void }) {
  const { t } = useTranslation('replay')
  const following = useReplayState(replay, (state) => state.following)
  const error = useReplayState(replay, (state) => state.error)
  return (
    <div className={classes.strip} role="region" aria-label={t('player')}>
      <div className={classes.row}>
        <Moment replay={replay} />
        <Transport replay={replay} />
        <span className={classes.grow} />
        {!following && (
          <Button size="compact-sm" leftSection={<IconArrowBackUp size={15} aria-hidden />} onClick={onReturn}>
            {t('return')}
          </Button>
        )}
        <LinkHere replay={replay} />
      </div>
      <Timeline replay={replay} />
      {error && <ProblemNotice problem={error} />}
    </div>
  )
}

/** Never mistaken for live: the word, the day and the second. */
function Moment({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const second = useReplayState(replay, (state) => Math.floor(state.position_ms / 1000))
  const known = useReplayState(replay, (state) => state.chapter !== null)
  return (
    <span className={classes.moment} data-testid="replay-mark">
      <IconHistory size={16} aria-hidden />
      <b>{t('replay')}</b>
      {known && <time>{t('of', { when: formatInstant(new Date(second * 1000).toISOString()) })}</time>}
    </span>
  )
}

function Transport({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const playing = useReplayState(replay, (state) => state.playing)
  const loaded = useReplayState(replay, (state) => state.loaded)
  const speed = useReplayState(replay, (state) => state.speed)
  const skipping = useReplayState(replay, (state) => state.skipping)
  const step = (by: 1 | -1) => {
    const Icon = by > 0 ? IconPlayerTrackNextFilled : IconPlayerTrackPrevFilled
    const words = t(by > 0 ? 'nextMark' : 'previousMark')
    return (
      <ActionIcon variant="default" size={28} aria-label={words} title={words} disabled={!loaded} onClick={() => replay.stepMark(by)}>
        <Icon size={14} />
      </ActionIcon>
    )
  }
  const words = t(playing ? 'pause' : 'play')
  return (
    <>
      {step(-1)}
      <ActionIcon size={28} aria-label={words} title={words} disabled={!loaded} onClick={() => replay.play(!playing)}>
        {playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
      </ActionIcon>
      {step(1)}
      <span className={classes.speed}>
        <Button
          size="compact-sm"
          variant="default"
          disabled={speed === SPEEDS[0]}
          aria-label={t('slower')}
          onClick={() => replay.changeSpeed(-1)}
        >
          −
        </Button>
        <span role="status" aria-label={t('speed')}>
          {t('times', { speed })}
        </span>
        <Button
          size="compact-sm"
          variant="default"
          disabled={speed === SPEEDS.at(-1)}
          aria-label={t('faster')}
          onClick={() => replay.changeSpeed(1)}
        >
          +
        </Button>
      </span>
      <Checkbox
        size="xs"
        checked={skipping}
        onChange={(event) => replay.setSkipping(event.currentTarget.checked)}
        label={t('skip')}
      />
    </>
  )
}

function LinkHere({ replay }: { replay: Replay }) {
  const { t } = useTranslation('replay')
  const seq = useReplayState(replay, (state) => state.seq)
  const caseId = useReplayState(replay, (state) => state.chapter?.case ?? '')
  const path = replayPath(replay.sessionId, caseId, seq)
  return (
    <CopyButton value={new URL(path, window.location.origin).href}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" leftSection={<IconLink size={15} aria-hidden />} onClick={copy}>
          {t(copied ? 'copied' : 'copy')}
        </Button>
      )}
    </CopyButton>
  )
}
