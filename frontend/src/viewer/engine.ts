import { cache, getConfiguration, init as initCore, RenderingEngine } from '@cornerstonejs/core'
import { init as initLoader } from '@cornerstonejs/dicom-image-loader'

import { registerFrameLoader } from './loader'
import { registerMetadataProvider } from './metadataProvider'

/** How pictures get onto the screen. */
export type RendererKind = 'gpu' | 'canvas'

const CACHE_BYTES = 1024 * 1024 * 1024
/** Contexts are shared by viewports; each costs video memory. */
const WEBGL_CONTEXTS = 4
const ENGINE_ID = 'consilium'
/** Local override for support: `localStorage['consilium.renderer'] = 'gpu' | 'canvas'`. */
const OVERRIDE_KEY = 'consilium.renderer'

let ready: Promise<void> | null = null
let engine: RenderingEngine | null = null
let chosen: RendererKind | null = null

/** Prepares Cornerstone3D once per page. */
export function initViewer(): Promise<void> {
  ready ??= start()
  return ready
}

async function start(): Promise<void> {
  const defaults = getConfiguration()
  initCore({ ...defaults, rendering: { ...defaults.rendering, webGlContextCount: WEBGL_CONTEXTS } })
  initLoader({ maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)) })
  cache.setMaxCacheSize(CACHE_BYTES)
  registerMetadataProvider()
  registerFrameLoader()
}

/**
 * The renderer this machine gets: the graphics card where there is one, else the 2D canvas.
 *
 * A software rasteriser pretending to be a card is slower than the 2D canvas by a factor of
 * two to three, and thin clients have nothing else.
 */
export function rendererKind(): RendererKind {
  chosen ??= overriddenKind() ?? detectedKind()
  return chosen
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

export function renderingEngine(): RenderingEngine {
  engine ??= new RenderingEngine(ENGINE_ID)
  return engine
}
