import { fetchChapter, fetchRecording, type Recording, type RecordedChapter } from '@/api/recordings'
import { EMPTY_ROOM, type RoomState } from '@/protocol/room'
import { ReplayFold } from '@/protocol/replay'
import { Signal } from '@/viewer/signal'

import { advance, silencesOf, stepSpeed, type Silence } from './clock'
import { marksOf, stepMark, timesOf, type Mark } from './marks'

/** One chapter as it was read. */
interface Loaded {
  readonly fold: ReplayFold
  readonly times: readonly number[]
  readonly marks: readonly Mark[]
  readonly silences: readonly Silence[]
}

/** Where the player is. Changed by `Replay` only. */
export interface ReplayState {
  readonly recording: Recording | null
  readonly chapter: RecordedChapter | null
  readonly loaded: boolean
  readonly error: Error | null
  readonly playing: boolean
  readonly speed: number
  readonly skipping: boolean
  readonly position_ms: number
  readonly seq: number
  readonly room: RoomState
  readonly marks: readonly Mark[]
  /** The screen shows the presenter's stage; own navigation ends that. */
  readonly following: boolean
}

/** Plays a recording: reads its chapters, keeps the time, folds what was. Nothing is written. */
export class Replay {
  readonly changed = new Signal()
  private current: ReplayState = {
    recording: null,
    chapter: null,
    loaded: false,
    error: null,
    playing: false,
    speed: 1,
    skipping: true,
    position_ms: 0,
    seq: 0,
    room: EMPTY_ROOM,
    marks: [],
    following: true,
  }
  private readonly chapters = new Map<number, Promise<Loaded>>()
  private open: Loaded | null = null
  private turn = 0
  private last_tick_ms: number | null = null
  private readonly session_id: string

  constructor(session_id: string) {
    this.session_id = session_id
  }

  get state(): ReplayState {
    return this.current
  }

  get sessionId(): string {
    return this.session_id
  }

  /** Opens at the event `at`, else where the case begins, else at the beginning. */
  async start({ at, caseId }: { at: number | null; caseId: string | null }): Promise<void> {
    try {
      const recording = await fetchRecording(this.session_id)
      this.set({ recording, error: null })
      const { chapters } = recording
      const wanted =
        (at === null ? undefined : chapters.findLast((one) => one.from_seq <= at)) ??
        chapters.find((one) => one.case === caseId) ??
        chapters[0]
      if (wanted) await this.openChapter(wanted, at ?? wanted.from_seq)
    } catch (error) {
      this.set({ error: asError(error) })
    }
  }

  /** To a chapter, and in it to an event. */
  async openChapter(chapter: RecordedChapter, seq = chapter.from_seq): Promise<void> {
    this.turn += 1
    const { turn } = this
    const isOther = chapter !== this.current.chapter
    if (isOther) this.set({ chapter, loaded: false, room: EMPTY_ROOM, marks: [], playing: false })
    try {
      const loaded = await this.load(chapter)
      if (turn !== this.turn) return
      this.open = loaded
      this.set({ loaded: true, marks: loaded.marks, error: null })
      this.seekToEvent(seq)
    } catch (error) {
      this.chapters.delete(chapter.from_seq)
      if (turn === this.turn) this.set({ error: asError(error), playing: false })
    }
  }

  /** The chapter before or after, where there is one. */
  stepChapter(by: 1 | -1): void {
    const { recording, chapter } = this.current
    const chapters = recording?.chapters ?? []
    const next = chapters[chapters.findIndex((one) => one === chapter) + by]
    if (next) void this.openChapter(next)
  }

  play(playing: boolean): void {
    this.last_tick_ms = null
    const { chapter, position_ms } = this.current
    // At the end it begins anew.
    if (playing && chapter && position_ms >= endOf(chapter)) this.seek(beginningOf(chapter))
    this.set({ playing: playing && this.current.loaded })
  }

  changeSpeed(by: 1 | -1): void {
    this.set({ speed: stepSpeed(this.current.speed, by) })
  }

  setSkipping(skipping: boolean): void {
    this.set({ skipping })
  }

  setFollowing(following: boolean): void {
    if (following !== this.current.following) this.set({ following })
  }

  /** To a time of this chapter. */
  seek(position_ms: number): void {
    const { chapter } = this.current
    if (chapter === null || this.open === null) return
    const position = Math.max(beginningOf(chapter), Math.min(endOf(chapter), position_ms))
    this.place(position, this.seqAt(position))
  }

  /** To the moment just after an event. */
  seekToEvent(seq: number): void {
    const { chapter } = this.current
    if (chapter === null || this.open === null) return
    const index = Math.min(seq - chapter.from_seq, this.open.times.length) - 1
    const time = index < 0 ? beginningOf(chapter) : (this.open.times[index] ?? beginningOf(chapter))
    this.place(time, chapter.from_seq + Math.max(0, index + 1))
  }

  stepMark(by: 1 | -1): void {
    const mark = stepMark(this.current.marks, this.current.seq, by)
    if (mark) this.seekToEvent(mark.seq)
  }

  /** Called with each frame of the screen; the time is handed in. */
  tick(now_ms: number): void {
    const { playing, position_ms, chapter, speed, skipping } = this.current
    if (!playing || chapter === null || this.open === null) return
    const elapsed = this.last_tick_ms === null ? 0 : now_ms - this.last_tick_ms
    this.last_tick_ms = now_ms
    const end_ms = endOf(chapter)
    const silences = skipping ? this.open.silences : []
    const position = advance(position_ms, elapsed, { speed, end_ms, silences })
    this.place(position, Math.max(this.current.seq, this.seqAt(position)))
    if (position >= end_ms) this.set({ playing: false })
  }

  private place(position_ms: number, seq: number): void {
    const room = this.open?.fold.at(seq) ?? this.current.room
    this.set({ position_ms, seq, room })
  }

  private seqAt(position_ms: number): number {
    const times = this.open?.times ?? []
    let low = 0
    let high = times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((times[middle] ?? 0) <= position_ms) low = middle + 1
      else high = middle
    }
    return (this.current.chapter?.from_seq ?? 0) + low
  }

  private load(chapter: RecordedChapter): Promise<Loaded> {
    const known = this.chapters.get(chapter.from_seq) ?? this.read(chapter)
    this.chapters.set(chapter.from_seq, known)
    return known
  }

  private async read(chapter: RecordedChapter): Promise<Loaded> {
    const { from_seq, case: case_id } = chapter
    const { states, events } = await fetchChapter(this.session_id, from_seq)
    const times = timesOf(events, beginningOf(chapter))
    return {
      fold: new ReplayFold({ case_id, from_seq, states, events }),
      times,
      marks: marksOf(events, times),
      silences: silencesOf([beginningOf(chapter), ...times], endOf(chapter)),
    }
  }

  private set(change: Partial<ReplayState>): void {
    this.current = { ...this.current, ...change }
    this.changed.emit()
  }
}

export const beginningOf = (chapter: RecordedChapter): number => Date.parse(chapter.from_at)
export const endOf = (chapter: RecordedChapter): number => Date.parse(chapter.to_at)

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
