import { ActionIcon, Tooltip } from '@mantine/core'
import {
  IconArrowsLeftRight,
  IconClock,
  IconMinus,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlus,
  IconRepeat,
  IconStack2,
} from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { CineAxis, CineMode, CineSettings } from '@/viewer/cine'
import { timeSiblings } from '@/viewer/stacks'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from './hanging.module.css'
import { toggleCine } from './toggleCine'

/** Frames per second that a press adds or takes; small steps where it is slow. */
const stepOf = (fps: number): number => (fps < 10 ? 1 : 5)

const otherMode = (mode: CineMode) =>
  ({ mode: mode === 'loop' ? 'bounce' : 'loop' }) satisfies Partial<CineSettings>
const otherAxis = (axis: CineAxis) =>
  ({ axis: axis === 'time' ? 'slices' : 'time' }) satisfies Partial<CineSettings>

interface CineBarProps {
  viewer: Viewer
  view: StackView
}

/** Play, speed and the time points of a 4D series, at the foot of the viewport that plays. */
export function CineBar({ viewer, view }: CineBarProps) {
  const isOpen = useViewerState(viewer, (v) => v.cine.isOpen(view))
  const series = useViewerState(viewer, () => view.state.series)
  const stack = useViewerState(viewer, () => view.stack)
  if (series === null || stack === null) return null
  const times = timeSiblings(series.stacks, stack)
  if (times.length < 2 && !isOpen) return null
  const at = times.indexOf(stack)
  return (
    <div
      className={classes.cine}
      data-testid="cine"
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Player viewer={viewer} view={view} hasTimes={times.length > 1} />
      {times.length > 1 && (
        <TimeSlider
          at={at}
          count={times.length}
          onChoose={(place) => {
            const wanted = times[place]
            if (wanted) view.showStack(wanted.number, 'user')
          }}
        />
      )}
    </div>
  )
}

interface TimeSliderProps {
  at: number
  count: number
  onChoose: (place: number) => void
}

/** Holds its own value: keys that come faster than pictures are counted, too. */
function TimeSlider({ at, count, onChoose }: TimeSliderProps) {
  const { t } = useTranslation('hanging')
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (input.current) input.current.value = String(at + 1)
  }, [at])
  return (
    <label className={classes.time}>
      <span>{t('cine.timePoint', { number: at + 1, count })}</span>
      <input
        ref={input}
        type="range"
        min={1}
        max={count}
        defaultValue={at + 1}
        aria-label={t('cine.time')}
        onChange={(event) => onChoose(Number(event.currentTarget.value) - 1)}
      />
    </label>
  )
}

function Player({ viewer, view, hasTimes }: CineBarProps & { hasTimes: boolean }) {
  const { t } = useTranslation('hanging')
  const isFollowed = useViewerState(viewer, (v) => v.cine.isFollowed(view))
  const isPlaying = useViewerState(viewer, (v) => v.cine.isPlaying(view)) || isFollowed
  const words = useViewerState(viewer, (v) => JSON.stringify(v.cine.settingsOf(view)))
  const { frames_per_second: fps, mode, axis } = JSON.parse(words) as CineSettings
  const toggle = () => toggleCine(viewer, view)
  const press = (name: string, Icon: typeof IconPlus, act: () => void, pressed?: boolean) => (
    <Tooltip label={name}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={26}
        aria-label={name}
        aria-pressed={pressed}
        disabled={isFollowed && act !== toggle}
        onClick={act}
      >
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  )
  const set = (settings: Partial<CineSettings>) => viewer.cine.set(view, settings)
  return (
    <>
      {press(
        t(isPlaying ? 'cine.pause' : 'cine.play'),
        isPlaying ? IconPlayerPause : IconPlayerPlay,
        toggle,
      )}
      {press(t('cine.slower'), IconMinus, () => set({ frames_per_second: fps - stepOf(fps - 1) }))}
      <span className={classes.fps} data-testid="fps">
        {t('cine.fps', { fps: Math.round(fps * 10) / 10 })}
      </span>
      {press(t('cine.faster'), IconPlus, () => set({ frames_per_second: fps + stepOf(fps) }))}
      {press(
        t(mode === 'loop' ? 'cine.loop' : 'cine.bounce'),
        mode === 'loop' ? IconRepeat : IconArrowsLeftRight,
        () => set(otherMode(mode)),
      )}
      {hasTimes &&
        press(
          t(axis === 'time' ? 'cine.throughTime' : 'cine.throughSlices'),
          axis === 'time' ? IconClock : IconStack2,
          () => set(otherAxis(axis)),
        )}
    </>
  )
}
