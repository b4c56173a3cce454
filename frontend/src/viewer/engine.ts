import { CanvasRenderer } from './canvasRenderer'
import { decoders } from './decoding/decoderPool'
import type { OnDrawn, SliceRenderer } from './renderer'
import { Signal } from './signal'

/** How pictures get onto the screen. */
export type RendererKind = 'gpu' | 'canvas'

/** Local override for support: `localStorage['consilium.renderer'] = 'gpu' | 'canvas'`. */
const OVERRIDE_KEY = 'consilium.renderer'
/** The first picture is drawn by the 2D canvas; what comes for the card afterwards is a megabyte. */
const CARD_AFTER_MS = 1500

type MakeRenderer = (element: HTMLDivElement, onDrawn: OnDrawn) => SliceRenderer

const onCanvas: MakeRenderer = (element, onDrawn) => new CanvasRenderer(element, onDrawn)

/** Viewports draw with another renderer from now on. */
export const rendererChanged = new Signal()
let make: MakeRenderer = onCanvas
let started = false

/** Starts what a first picture needs; the graphics card's renderer follows when the page rests. */
export function initViewer(): void {
  if (started) return
  started = true
  decoders.warm()
  if (rendererKind() === 'gpu') setTimeout(() => void takeCard(), CARD_AFTER_MS)
}

async function takeCard(): Promise<void> {
  const { startCard } = await import('./gpuRenderer')
  make = startCard()
  rendererChanged.emit()
}

export const createRenderer: MakeRenderer = (element, onDrawn) => make(element, onDrawn)

/**
 * The renderer this machine gets: the graphics card where there is one, else the 2D canvas.
 *
 * A software rasteriser pretending to be a card is slower than the 2D canvas by a factor of
 * two to three, and thin clients have nothing else.
 */
function rendererKind(): RendererKind {
  return overriddenKind() ?? detectedKind()
}

function overriddenKind(): RendererKind | null {
  try {
    const value = localStorage.getItem(OVERRIDE_KEY)
    return value === 'gpu' || value === 'canvas' ? value : null
  } catch {
    return null
  }
}

const SOFTWARE_RASTERIZER = /swiftshader|llvmpipe|softpipe|software|basic render/i

function detectedKind(): RendererKind {
  const gl = document.createElement('canvas').getContext('webgl2')
  if (gl === null) return 'canvas'
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const name: unknown = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return SOFTWARE_RASTERIZER.test(String(name)) ? 'canvas' : 'gpu'
}
