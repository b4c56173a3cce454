import { Signal } from './signal'

/** How pictures get onto the screen. */
export type RendererKind = 'gpu' | 'canvas'

/**
 * What this machine is asked to do: build volumes, show one image at a time, or show pictures that
 * the server drew.
 */
export type PictureMode = 'volume' | 'stack' | 'pictures'

export const PICTURE_MODES: readonly PictureMode[] = ['volume', 'stack', 'pictures']

/** What was found out about this machine. */
export interface DeviceFacts {
  readonly webassembly: boolean
  readonly webgl2: boolean
  /** WebGL is there, but a processor pretends to be the card. */
  readonly software: boolean
  /** `navigator.deviceMemory`, rounded and capped at 8 by browsers; null where they do not tell. */
  readonly memory_gb: number | null
  /** For 512 × 512 pixels; null before it was measured, Infinity where decoding failed. */
  readonly decode_ms: number | null
}

/** What a person chose for this browser, which beats what was found out. */
export interface DeviceWishes {
  readonly mode: PictureMode | null
  readonly renderer: RendererKind | null
}

/** Why a mode was chosen: a key of the catalogue. */
export type ModeReason = 'wished' | 'no_decoder' | 'slow_decoder' | 'little_memory' | 'able'

export interface DeviceProfile {
  readonly mode: PictureMode
  readonly reason: ModeReason
  readonly renderer: RendererKind
  /** Cap of the decoded images held at once. */
  readonly memory_bytes: number
  /** The graphics card is gone for the moment; pictures are drawn by the processor. */
  readonly lost: boolean
}

const MIB = 1024 * 1024
/** A page may hold an eighth of the memory in decoded images, within these. */
const MEMORY_SHARE = 1 / 8
const MEMORY_LEAST_BYTES = 96 * MIB
const MEMORY_MOST_BYTES = 1024 * MIB
/** What a machine that does not tell is taken for. */
const MEMORY_UNTOLD_GB = 4
/** A volume of 512 × 512 × 300 with its masks needs this; below, images are shown one by one. */
const VOLUME_MEMORY_GB = 4
/** Decoded images of even a single series would push the page out of memory. */
const PICTURES_MEMORY_GB = 1
/** Above this for each image, scrolling is slower than asking the server for pictures. */
const SLOW_DECODE_MS = 400

const SOFTWARE_RASTERIZER = /swiftshader|llvmpipe|softpipe|software|basic render/i
const MODE_KEY = 'consilium.mode'
const RENDERER_KEY = 'consilium.renderer'

/** The choice from facts and wishes alone. */
export function chooseProfile(facts: DeviceFacts, wishes: DeviceWishes): DeviceProfile {
  const memory_gb = facts.memory_gb ?? MEMORY_UNTOLD_GB
  const share = memory_gb * 1024 * MIB * MEMORY_SHARE
  const { mode, reason } = chooseMode(facts, wishes.mode, memory_gb)
  return {
    mode,
    reason,
    renderer: wishes.renderer ?? (facts.webgl2 && !facts.software ? 'gpu' : 'canvas'),
    memory_bytes: Math.max(MEMORY_LEAST_BYTES, Math.min(MEMORY_MOST_BYTES, share)),
    lost: false,
  }
}

function chooseMode(
  facts: DeviceFacts,
  wish: PictureMode | null,
  memory_gb: number,
): { mode: PictureMode; reason: ModeReason } {
  const decode_ms = facts.decode_ms ?? 0
  // No wish brings back a decoder that is not there.
  if (!facts.webassembly || decode_ms === Infinity) return { mode: 'pictures', reason: 'no_decoder' }
  if (wish !== null) return { mode: wish, reason: 'wished' }
  if (memory_gb <= PICTURES_MEMORY_GB) return { mode: 'pictures', reason: 'little_memory' }
  if (decode_ms > SLOW_DECODE_MS) return { mode: 'pictures', reason: 'slow_decoder' }
  if (memory_gb < VOLUME_MEMORY_GB) return { mode: 'stack', reason: 'little_memory' }
  return { mode: 'volume', reason: 'able' }
}

/** The profile became another one: pictures have to be drawn anew. */
export const deviceChanged = new Signal()

let facts: DeviceFacts | null = null
let lost = false
let profile: DeviceProfile | null = null

/** What this machine does now. Found out once per page; a test frame's speed comes a little later. */
export function deviceProfile(): DeviceProfile {
  if (profile !== null) return profile
  facts ??= findFacts()
  const chosen = chooseProfile(facts, readWishes())
  profile = lost ? { ...chosen, renderer: 'canvas', lost: true } : chosen
  return profile
}

export const deviceWishes = (): DeviceWishes => readWishes()

/** A person's own choice; null goes back to what fits the machine. */
export function wishMode(mode: PictureMode | null): void {
  try {
    if (mode === null) localStorage.removeItem(MODE_KEY)
    else localStorage.setItem(MODE_KEY, mode)
  } catch {
    return // a browser that keeps nothing keeps its own choice
  }
  decideAgain()
}

/** The time one test frame took, counted for 512 × 512 pixels. */
export function noteDecodeSpeed(decode_ms: number): void {
  facts = { ...(facts ?? findFacts()), decode_ms }
  decideAgain()
}

export function noteGraphicsLost(isLost: boolean): void {
  if (lost === isLost) return
  lost = isLost
  decideAgain()
}

function decideAgain(): void {
  const before = deviceProfile()
  profile = null
  const now = deviceProfile()
  const same = (Object.keys(now) as (keyof DeviceProfile)[]).every((key) => now[key] === before[key])
  if (same) profile = before
  else deviceChanged.emit()
}

function readWishes(): DeviceWishes {
  try {
    const mode = localStorage.getItem(MODE_KEY)
    const renderer = localStorage.getItem(RENDERER_KEY)
    return {
      mode: PICTURE_MODES.find((one) => one === mode) ?? null,
      renderer: renderer === 'gpu' || renderer === 'canvas' ? renderer : null,
    }
  } catch {
    return { mode: null, renderer: null }
  }
}

function findFacts(): DeviceFacts {
  const { deviceMemory } = navigator as Navigator & { deviceMemory?: number }
  return {
    webassembly: typeof WebAssembly === 'object',
    ...findGraphics(),
    memory_gb: deviceMemory ?? null,
    decode_ms: null,
  }
}

/**
 * A software rasteriser pretending to be a card is slower than the 2D canvas by a factor of two to
 * three, and thin clients have nothing else.
 */
function findGraphics(): { webgl2: boolean; software: boolean } {
  const gl = document.createElement('canvas').getContext('webgl2')
  if (gl === null) return { webgl2: false, software: false }
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const name: unknown = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return { webgl2: true, software: SOFTWARE_RASTERIZER.test(String(name)) }
}
