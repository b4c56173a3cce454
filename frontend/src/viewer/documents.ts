import type { Vec2 } from '@/geometry'

import { Signal } from './signal'

/**
 * A document in a viewport. Where somebody looks is a page and a part of it, never a pixel of a
 * screen: it means the same on every other one (LIVE-L1).
 */
export interface ShownDocument {
  readonly id: string
  readonly title: string
  readonly date: string
  readonly study_instance_uid: string
  readonly page_url: string
  readonly page: number
  /** Known once the first page has come. */
  readonly pages: number | null
  /** 1: the whole page is seen. */
  readonly zoom: number
  /** What lies in the middle, as parts of the page's width and height. */
  readonly centre: Vec2
}

type Opening = Omit<ShownDocument, 'page' | 'pages' | 'zoom' | 'centre'>

export const LARGEST_ZOOM = 8
const ZOOM_STEP = 1.25
const MIDDLE: Vec2 = [0.5, 0.5]
/** How far the arrow keys move what is seen, in parts of it. */
const NUDGE = 0.25

/** Which viewports show a document instead of a picture. */
export class DocumentPlaces {
  readonly changed = new Signal()
  private readonly held = new Map<number, ShownDocument>()

  at(index: number): ShownDocument | null {
    return this.held.get(index) ?? null
  }

  open(index: number, document: Opening): void {
    this.put(index, { ...document, page: 1, pages: null, zoom: 1, centre: MIDDLE })
  }

  close(index: number): void {
    if (this.held.delete(index)) this.changed.emit()
  }

  closeFrom(index: number): void {
    const gone = [...this.held.keys()].filter((one) => one >= index)
    for (const one of gone) this.held.delete(one)
    if (gone.length > 0) this.changed.emit()
  }

  setPages(index: number, pages: number): void {
    const shown = this.held.get(index)
    if (shown && shown.pages !== pages) this.put(index, { ...shown, pages })
  }

  turnTo(index: number, page: number): void {
    const shown = this.held.get(index)
    if (!shown) return
    const next = Math.max(1, Math.min(shown.pages ?? 1, page))
    if (next !== shown.page) this.put(index, { ...shown, page: next, centre: MIDDLE })
  }

  step(index: number, pages: number): void {
    const shown = this.held.get(index)
    if (shown) this.turnTo(index, shown.page + pages)
  }

  zoom(index: number, factor: number): void {
    const shown = this.held.get(index)
    if (!shown) return
    const zoom = Math.max(1, Math.min(LARGEST_ZOOM, shown.zoom * factor))
    this.put(index, { ...shown, zoom, centre: zoom === 1 ? MIDDLE : shown.centre })
  }

  /** Moves what is seen by parts of the page. */
  pan(index: number, [across, down]: Vec2): void {
    const shown = this.held.get(index)
    if (!shown) return
    const bounded = (value: number): number => Math.max(0, Math.min(1, value))
    const centre: Vec2 = [bounded(shown.centre[0] + across), bounded(shown.centre[1] + down)]
    this.put(index, { ...shown, centre })
  }

  fit(index: number): void {
    const shown = this.held.get(index)
    if (shown) this.put(index, { ...shown, zoom: 1, centre: MIDDLE })
  }

  /** The keys of a picture, as they are meant on a page; false where no document is shown. */
  perform(index: number, action: string): boolean {
    const shown = this.held.get(index)
    if (!shown) return false
    const nudge = NUDGE / shown.zoom
    const isZoomed = shown.zoom > 1
    const acts: Record<string, () => void> = {
      nextSeries: () => this.step(index, 1),
      previousSeries: () => this.step(index, -1),
      nextImage: () => (isZoomed ? this.pan(index, [0, nudge]) : this.step(index, 1)),
      previousImage: () => (isZoomed ? this.pan(index, [0, -nudge]) : this.step(index, -1)),
      firstImage: () => this.turnTo(index, 1),
      lastImage: () => this.turnTo(index, Infinity),
      zoomIn: () => this.zoom(index, ZOOM_STEP),
      zoomOut: () => this.zoom(index, 1 / ZOOM_STEP),
      fit: () => this.fit(index),
      reset: () => this.fit(index),
      cancel: () => this.close(index),
    }
    const act = acts[action]
    act?.()
    return act !== undefined
  }

  private put(index: number, document: ShownDocument): void {
    this.held.set(index, document)
    this.changed.emit()
  }
}
