import type { FrameImage } from './decoding/frameImage'
import { deviceChanged, deviceProfile } from './device'
import { baseOfImageId, type SeriesDescription } from './frames'
import { isGuess } from './openingWindow'
import { forgetDrawn } from './pictures'
import { isCovered, wishWindow } from './preview'
import type { Signal } from './signal'
import type { Cause, ViewState } from './viewState'
import type { VoiWindow } from './voi'

/** How long a window must rest before the server draws for it. */
const WINDOW_RESTS_MS = 200

export interface PictureHolder {
  readonly state: ViewState
  readonly shownImage: FrameImage | null
  readonly changed: Signal<Cause>
  /** Asks for the picture of the current slice again. */
  retry(): void
}

/** Keeps the pictures that the server draws for one viewport in step with its window and the mode. */
export class ServerPictures {
  private readonly holder: PictureHolder
  private mode = deviceProfile().mode
  private timer: ReturnType<typeof setTimeout> | undefined
  private stops: (() => void)[] = []

  constructor(holder: PictureHolder) {
    this.holder = holder
  }

  start(): void {
    this.stops = [
      deviceChanged.on(() => this.modeChanged()),
      this.holder.changed.on(() => this.check()),
    ]
    this.modeChanged()
  }

  stop(): void {
    clearTimeout(this.timer)
    for (const stop of this.stops) stop()
    this.stops = []
  }

  /** Before the first picture the window is said; what is on the canvas cannot show every one. */
  private check(): void {
    const { voi, series } = this.holder.state
    const image = this.holder.shownImage
    if (series === null || voi === null) return
    if (image === null && !isGuess(voi, series.frames[this.holder.state.index] ?? null)) this.wish(series, voi)
    if (image === null || isCovered(image, voi)) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      const now = this.holder.state
      if (now.series !== series || now.voi === null) return
      this.wish(series, now.voi)
      forgetDrawn(series.frames.map((frame) => frame.image_id))
      this.holder.retry()
    }, WINDOW_RESTS_MS)
  }

  private wish({ frames }: SeriesDescription, voi: VoiWindow): void {
    const first = frames[0]
    if (first !== undefined) wishWindow(baseOfImageId(first.image_id), voi)
  }

  /** Pictures of the server become frames, or the other way round. */
  private modeChanged(): void {
    const before = this.mode
    this.mode = deviceProfile().mode
    const { series } = this.holder.state
    const touched = before !== this.mode && (before === 'pictures' || this.mode === 'pictures')
    if (!touched || series === null) return
    this.holder.retry()
  }
}
