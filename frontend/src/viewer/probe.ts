import probeUrl from './assets/probe.jhc?url'
import { decoders } from './decoding/decoderPool'
import { noteDecodeSpeed } from './device'

const SIDE = 256
const HTJ2K = '1.2.840.10008.1.2.4.202'
/** A frame of 512 × 512 has four times the pixels. */
const SHARE = (SIDE / 512) ** 2
/** The quickest counts: a machine that is busy for a moment is not a slow one. */
const TRIES = 4

const RECIPE = {
  layout: {
    columns: SIDE,
    rows: SIDE,
    samples_per_pixel: 1,
    photometric_interpretation: 'MONOCHROME2',
    planar_configuration: 0,
    bits_allocated: 16,
    bits_stored: 16,
    pixel_representation: 0,
  },
  is_float: false,
  slope: 1,
  intercept: 0,
  factor: 1,
  palette: null,
}

/**
 * Decodes a test frame as frames of patients are decoded, and tells how long it took.
 *
 * The first decode compiles the codec, which the first picture then needs not wait for; it is not
 * timed. A network that fails says nothing about the machine.
 */
export async function probeDecoder(): Promise<void> {
  const bytes = await fetch(probeUrl).then(
    async (answer) => (answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null),
    () => null,
  )
  if (bytes === null) return
  try {
    await decode(bytes)
    const times_ms: number[] = []
    for (let turn = 0; turn < TRIES; turn += 1) times_ms.push(await decode(bytes))
    noteDecodeSpeed(Math.min(...times_ms) / SHARE)
  } catch {
    noteDecodeSpeed(Infinity)
  }
}

async function decode(bytes: Uint8Array): Promise<number> {
  const start_ms = performance.now()
  // Workers take their input away: each decode gets a copy.
  await decoders.decode(new Uint8Array(bytes), HTJ2K, RECIPE)
  return performance.now() - start_ms
}
