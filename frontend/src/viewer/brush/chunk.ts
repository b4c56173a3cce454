import type { GridBox, Labelmap } from './labelmap'

/** Voxels on their way to the server (`apps/annotations/segmentations/bits.py` says the form). */
export interface Chunk {
  readonly box: GridBox
  readonly segments: readonly number[]
  readonly sha256: string
  readonly body: Uint8Array<ArrayBuffer>
}

export async function packChunk(
  labelmap: Labelmap,
  segments: readonly number[],
  box: GridBox,
): Promise<Chunk> {
  const packed = segments.map((segment) => new Uint8Array(labelmap.pack(segment, box)))
  const body = await compressed(new Blob(packed))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return { box, segments, sha256, body }
}

/** zlib's own form; the browser calls it deflate. */
async function compressed(raw: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const stream = raw.stream().pipeThrough(new CompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
