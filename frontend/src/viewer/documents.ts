import { pageExtent, zoomShowing, type Vec2 } from '@/geometry'
import type { StagePage } from '@/protocol/generated'

import { Signal } from './signal'
import type { Cause } from './viewState'

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
  /** Width over height of the page and of its place on the screen; null before they are known. */
  readonly shape: { readonly page: number; readonly box: number } | null
  /** The part that a presenter sees, and that is to be seen here whatever the shape. */
  readonly extent: Vec2 | null
}

export type KnownDocument = Pick<
  ShownDocument,
  'id' | 'title' | 'date' | 'study_instance_uid' | 'page_url'
>

export const LARGEST_ZOOM = 8
const ZOOM_STEP = 1.25
const MIDDLE: Vec2 = [0.5, 0.5]
const WHOLE: Vec2 = [1, 1]
/** How far the arrow keys move what is seen, in parts of it. */
const NUDGE = 0.25

/** Which viewports show a document instead of a picture. Who navigates is told with each change. */
export class DocumentPlaces {
  readonly changed = new Signal<Cause>()
  private readonly held = new Map<number, ShownDocument>()
  private known: ReadonlyMap<string, KnownDocument> = new Map()
  private followed: readonly StagePage[] = []

  at(index: number): ShownDocument | null {
    return this.held.get(index) ?? null
  }

  open(index: number, document: KnownDocument, cause: Cause = 'user'): void {
    this.held.set(index, opened(document))
    this.changed.emit(cause)
  }

  close(index: number, cause: Cause = 'user'): void {
    if (this.held.delete(index)) this.changed.emit(cause)
  }

  closeFrom(index: number): void {
    const gone = [...this.held.keys()].filter((one) => one >= index)
    for (const one of gone) this.held.delete(one)
    if (gone.length > 0) this.changed.emit('program')
  }

  setPages(index: number, pages: number): void {
    const shown = this.held.get(index)
    if (shown && shown.pages !== pages) this.put(index, { ...shown, pages }, 'program')
  }

  /** The shapes of the page and of its place, once they are on the screen. */
  measure(index: number, page: number, box: number): void {
    const shown = this.held.get(index)
    if (!shown || (shown.shape?.page === page && shown.shape.box === box)) return
    this.put(index, fitted({ ...shown, shape: { page, box } }), 'program')
  }

  turnTo(index: number, page: number): void {
    const shown = this.held.get(index)
    if (!shown) return
    const next = Math.max(1, Math.min(shown.pages ?? 1, page))
    if (next !== shown.page) this.put(index, { ...shown, page: next, centre: MIDDLE, extent: null })
  }

  step(index: number, pages: number): void {
    const shown = this.held.get(index)
    if (shown) this.turnTo(index, shown.page + pages)
  }

  zoom(index: number, factor: number): void {
    const shown = this.held.get(index)
    if (!shown) return
    const zoom = Math.max(1, Math.min(LARGEST_ZOOM, shown.zoom * factor))
    this.put(index, { ...shown, zoom, centre: zoom === 1 ? MIDDLE : shown.centre, extent: null })
  }

  /** Moves what is seen by parts of the page. */
  pan(index: number, [across, down]: Vec2): void {
    const shown = this.held.get(index)
    if (!shown) return
    const bounded = (value: number): number => Math.max(0, Math.min(1, value))
    const centre: Vec2 = [bounded(shown.centre[0] + across), bounded(shown.centre[1] + down)]
    this.put(index, { ...shown, centre, extent: null })
  }

  fit(index: number): void {
    const shown = this.held.get(index)
    if (shown) this.put(index, { ...shown, zoom: 1, centre: MIDDLE, extent: null })
  }

  // ── together with others ────────────────────────────────────────────────────────────

  /** Documents that this person may read: what a presenter shows is opened from here. */
  setKnown(documents: readonly KnownDocument[]): void {
    this.known = new Map(documents.map((one) => [one.id, one]))
    if (this.followed.length > 0) this.follow(this.followed)
  }

  /** What of its documents a screen shows, for all others. */
  get shownPages(): StagePage[] {
    return [...this.held].map(([viewport, shown]) => ({
      viewport,
      id: shown.id,
      page: shown.page,
      center: [...shown.centre],
      extent: [...extentOf(shown)],
    }))
  }

  /** The presenter's documents, and none but these. */
  follow(pages: readonly StagePage[]): void {
    this.followed = pages
    const before = [...this.held]
    const places = new Map(pages.map((one) => [one.viewport, one]))
    for (const [index] of before) if (!places.has(index)) this.held.delete(index)
    for (const [index, place] of places) {
      const document = this.known.get(place.id)
      const shown = this.held.get(index)
      if (document === undefined) this.held.delete(index)
      else this.held.set(index, placed(shown?.id === place.id ? shown : opened(document), place))
    }
    const after = [...this.held]
    const same = (one: [number, ShownDocument], at: number): boolean =>
      before[at]?.[0] === one[0] && before[at][1] === one[1]
    if (after.length !== before.length || !after.every(same)) this.changed.emit('program')
  }

  followNobody(): void {
    this.followed = []
  }

  /** The presenter shows a document there that this person does not get. */
  isWithheld(index: number): boolean {
    return this.followed.some((one) => one.viewport === index && !this.known.has(one.id))
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

  private put(index: number, document: ShownDocument, cause: Cause = 'user'): void {
    this.held.set(index, document)
    this.changed.emit(cause)
  }
}

const opened = (document: KnownDocument): ShownDocument => ({
  ...document,
  page: 1,
  pages: null,
  zoom: 1,
  centre: MIDDLE,
  shape: null,
  extent: null,
})

/** Before the page has come nothing is known of its shape: then its whole is meant. */
function extentOf({ zoom, shape, extent }: ShownDocument): Vec2 {
  if (shape !== null) return pageExtent(zoom, shape.page, shape.box)
  return extent ?? [1 / zoom, 1 / zoom]
}

/** The zoom that shows what the presenter sees, where one is followed. */
function fitted(shown: ShownDocument): ShownDocument {
  if (shown.extent === null || shown.shape === null) return shown
  const zoom = Math.min(LARGEST_ZOOM, zoomShowing(shown.extent, shown.shape.page, shown.shape.box))
  return { ...shown, zoom }
}

/** The same object where nothing is new: nothing is drawn again for it. */
function placed(shown: ShownDocument, { page, center, extent }: StagePage): ShownDocument {
  const equal = (a: Vec2 | null, b: Vec2): boolean => a?.[0] === b[0] && a[1] === b[1]
  const wanted: Vec2 = extent[0] >= 1 && extent[1] >= 1 ? WHOLE : [...extent]
  if (shown.page === page && equal(shown.centre, center) && equal(shown.extent, wanted)) return shown
  return fitted({ ...shown, page, centre: [...center], extent: wanted })
}
