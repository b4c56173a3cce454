import { CanvasRenderer } from './canvasRenderer'
import { decoders } from './decoding/decoderPool'
import { deviceChanged, deviceProfile, noteGraphicsLost } from './device'
import { probeDecoder } from './probe'
import type { OnDrawn, SliceRenderer } from './renderer'
import { Signal } from './signal'

/** The first picture is drawn by the 2D canvas; what comes for the card afterwards is a megabyte. */
const CARD_AFTER_MS = 1500
/** After a card was lost, how long the processor draws before it is tried again. */
const TRY_AGAIN_MS = 2_000
/** A card that is lost again and again is left alone for the life of the page. */
const LOSSES_AT_MOST = 3

type MakeRenderer = (element: HTMLDivElement, onDrawn: OnDrawn) => SliceRenderer

const onCanvas: MakeRenderer = (element, onDrawn) => new CanvasRenderer(element, onDrawn)

/** Viewports draw with another renderer from now on. */
export const rendererChanged = new Signal()
let make: MakeRenderer = onCanvas
let onCard: MakeRenderer | null = null
let started = false
let losses = 0

/** Starts what a first picture needs; the graphics card's renderer follows when the page rests. */
export function initViewer(): void {
  if (started) return
  started = true
  decoders.warm()
  void probeDecoder()
  deviceChanged.on(chooseRenderer)
  if (deviceProfile().renderer === 'gpu') setTimeout(() => void takeCard(), CARD_AFTER_MS)
}

async function takeCard(): Promise<void> {
  const { startCard, renewCard } = await import('./gpuRenderer')
  onCard = startCard(() => onGraphicsLost(renewCard))
  chooseRenderer()
}

export const createRenderer: MakeRenderer = (element, onDrawn) => make(element, onDrawn)

/** The graphics card where there is one and it is there now, else the 2D canvas. */
function chooseRenderer(): void {
  const next = deviceProfile().renderer === 'gpu' ? (onCard ?? onCanvas) : onCanvas
  if (next === make) return
  make = next
  rendererChanged.emit()
}

/**
 * The viewports go over to the processor at once, so that nobody looks at black, and come back on
 * an engine of its own: whatever the lost contexts held is gone.
 */
function onGraphicsLost(renewCard: () => void): void {
  if (deviceProfile().lost) return // one card has several contexts
  losses += 1
  noteGraphicsLost(true)
  renewCard()
  if (losses < LOSSES_AT_MOST) setTimeout(() => noteGraphicsLost(false), TRY_AGAIN_MS)
}
