import type { DicomDataset } from './dicomJson'
import { numberOf } from './dicomJson'
import type { SeriesDescription } from './frames'
import { timeSiblings } from './stacks'
import type { StackView } from './stackView'

export type CineMode = 'loop' | 'bounce'
/** Through the slices of a stack, or at one slice through the time points of a 4D series. */
export type CineAxis = 'slices' | 'time'

export interface CineSettings {
  readonly frames_per_second: number
  readonly mode: CineMode
  readonly axis: CineAxis
}

export const DEFAULT_FPS = 10
export const SLOWEST_FPS = 1
export const FASTEST_FPS = 60

/** Recommended Display Frame Rate, Cine Rate, or 1000 / Frame Time (PS3.3 C.7.6.5.1.1). */
export function framesPerSecondOf(dataset: DicomDataset): number | null {
  const time_ms = numberOf(dataset, '00181063')
  const told =
    numberOf(dataset, '00082144') ??
    numberOf(dataset, '00180040') ??
    (time_ms !== null && time_ms > 0 ? 1000 / time_ms : null)
  return told !== null && told > 0 ? boundedFps(told) : null
}

export const boundedFps = (value: number): number =>
  Math.min(FASTEST_FPS, Math.max(SLOWEST_FPS, value))

/** The next of `count` places, and which way it goes on from there. */
export function cineStep(
  at: number,
  count: number,
  direction: 1 | -1,
  mode: CineMode,
): { at: number; direction: 1 | -1 } {
  if (count < 2) return { at: 0, direction }
  const next = at + direction
  if (next >= 0 && next < count) return { at: next, direction }
  if (mode === 'loop') return { at: direction === 1 ? 0 : count - 1, direction }
  const back = direction === 1 ? -1 : 1
  return { at: at + back, direction: back }
}

interface Player {
  readonly series: SeriesDescription
  /** Where it left the view; anywhere else, somebody has navigated. */
  expected: number
  direction: 1 | -1
  due_ms: number
  handle: number
}

/** Plays the pictures of views. Its moves are the program's: nobody stops following by them. */
export class Cine {
  private readonly players = new Map<StackView, Player>()
  private readonly chosen = new Map<StackView, Partial<CineSettings> & { series: string }>()
  /** Of views that another person plays: their pictures come one by one from there. */
  private readonly followed = new Map<StackView, CineSettings>()
  private readonly onChange: () => void

  constructor(onChange: () => void) {
    this.onChange = onChange
  }

  /** The bar is there once somebody played, or for pictures whose file says how fast they run. */
  isOpen(view: StackView): boolean {
    const { series } = view.state
    const frame = view.targetFrame
    if (series === null || frame === null || (view.stack?.count ?? 0) < 2) return false
    if (this.followed.has(view)) return true
    const isChosen = this.chosen.get(view)?.series === series.series_instance_uid
    return isChosen || framesPerSecondOf(frame.dataset) !== null
  }

  isPlaying(view: StackView): boolean {
    return this.players.has(view)
  }

  /** It runs, played by the presenter who is followed here. */
  isFollowed(view: StackView): boolean {
    return this.followed.has(view)
  }

  /** What runs on the presenter's screen; null where nothing does. It is never started here. */
  follow(view: StackView, settings: CineSettings | null): void {
    const before = this.followed.get(view) ?? null
    if (JSON.stringify(before) === JSON.stringify(settings)) return
    if (settings === null) this.followed.delete(view)
    else {
      this.stop(view)
      this.followed.set(view, settings)
    }
    this.onChange()
  }

  followNobody(): void {
    for (const view of [...this.followed.keys()]) this.follow(view, null)
  }

  settingsOf(view: StackView): CineSettings {
    const theirs = this.followed.get(view)
    if (theirs !== undefined) return theirs
    const chosen = this.chosen.get(view)
    const own = chosen?.series === view.state.series?.series_instance_uid ? chosen : undefined
    const frame = view.targetFrame
    return {
      frames_per_second:
        own?.frames_per_second ??
        ((frame && framesPerSecondOf(frame.dataset)) || DEFAULT_FPS),
      mode: own?.mode ?? 'loop',
      axis: own?.axis ?? 'slices',
    }
  }

  set(view: StackView, settings: Partial<CineSettings>): void {
    const series = view.state.series?.series_instance_uid
    if (series === undefined) return
    const before = this.chosen.get(view)
    const kept = before?.series === series ? before : {}
    const fps = settings.frames_per_second
    const bounded = fps === undefined ? {} : { frames_per_second: boundedFps(fps) }
    this.chosen.set(view, { ...kept, ...settings, ...bounded, series })
    this.onChange()
  }

  play(view: StackView): void {
    const { series, index } = view.state
    if (series === null || this.players.has(view) || placesOf(view, this.axisOf(view)) < 2) return
    this.set(view, {})
    const player: Player = { series, expected: index, direction: 1, due_ms: 0, handle: 0 }
    this.players.set(view, player)
    const tick = (now_ms: number): void => {
      if (this.players.get(view) !== player) return
      this.advance(view, player, now_ms)
      player.handle = requestAnimationFrame(tick)
    }
    player.handle = requestAnimationFrame(tick)
    this.onChange()
  }

  stop(view: StackView): void {
    const player = this.players.get(view)
    if (player === undefined) return
    cancelAnimationFrame(player.handle)
    this.players.delete(view)
    this.onChange()
  }

  stopAll(): void {
    for (const view of [...this.players.keys()]) this.stop(view)
  }

  /** To be told of every change of a view: whoever moves it has taken over. */
  observe(view: StackView): void {
    const player = this.players.get(view)
    if (player === undefined) return
    const { series, index } = view.state
    if (series !== player.series || index !== player.expected) this.stop(view)
  }

  private axisOf(view: StackView): CineAxis {
    return this.settingsOf(view).axis
  }

  private advance(view: StackView, player: Player, now_ms: number): void {
    const { series, index, shown_index } = view.state
    // A picture that has yet to come is waited for: no frame is skipped unseen.
    if (series === null || shown_index !== index || now_ms < player.due_ms) return
    const { frames_per_second, mode, axis } = this.settingsOf(view)
    const interval_ms = 1000 / frames_per_second
    const late = now_ms - player.due_ms > interval_ms
    player.due_ms = late ? now_ms + interval_ms : player.due_ms + interval_ms
    const next = cineStep(placeOf(view, axis), placesOf(view, axis), player.direction, mode)
    player.direction = next.direction
    const wanted = indexAt(view, axis, next.at)
    if (wanted === null) return this.stop(view)
    player.expected = wanted
    view.setIndex(wanted, 'program')
  }
}

const timesOf = (view: StackView) => {
  const { series } = view.state
  return series && view.stack ? timeSiblings(series.stacks, view.stack) : []
}

const placesOf = (view: StackView, axis: CineAxis): number =>
  axis === 'time' ? timesOf(view).length : (view.stack?.count ?? 0)

function placeOf(view: StackView, axis: CineAxis): number {
  const { stack } = view
  if (stack === null) return 0
  return axis === 'time' ? timesOf(view).indexOf(stack) : view.state.index - stack.start
}

function indexAt(view: StackView, axis: CineAxis, at: number): number | null {
  const { stack } = view
  if (stack === null) return null
  if (axis === 'slices') return stack.start + at
  const time = timesOf(view)[at]
  // Time points of one scan have their slices at the same places.
  return time && time.count === stack.count ? time.start + view.state.index - stack.start : null
}

/** Nothing moves by itself for whoever asked for that. */
export const prefersReducedMotion = (): boolean =>
  typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches
