import createOpenJph, { type Htj2kDecoder, type OpenJph } from '@cornerstonejs/codec-openjph/wasmjs'
import wasmUrl from '@cornerstonejs/codec-openjph/wasm?url'

import type { StoredPixels } from './pixelValues'

let codec: Promise<OpenJph> | null = null

/** Compiles the decoder once per worker; asked for early, it is there before the first frame. */
export function prepareHtj2k(): Promise<OpenJph> {
  codec ??= createOpenJph({ locateFile: (name) => (name.endsWith('.wasm') ? wasmUrl : name) })
  return codec
}

/**
 * Samples of a HTJ2K codestream, interleaved.
 *
 * @throws {RangeError} when the stream holds another picture than the header says.
 */
export async function decodeHtj2k(
  bytes: Uint8Array,
  expected: { readonly columns: number; readonly rows: number; readonly samples: number },
): Promise<StoredPixels> {
  const decoder = new (await prepareHtj2k()).HTJ2KDecoder()
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes)
    decoder.readHeader()
    checkSize(decoder, expected)
    decoder.decode()
    const { bitsPerSample, isSigned } = decoder.getFrameInfo()
    // The decoder's memory is reused: a copy of our own.
    const { buffer } = decoder.getDecodedBuffer().slice()
    if (bitsPerSample <= 8) return isSigned ? new Int8Array(buffer) : new Uint8Array(buffer)
    return isSigned ? new Int16Array(buffer) : new Uint16Array(buffer)
  } finally {
    decoder.delete()
  }
}

/** Before anything is allocated for it. */
function checkSize(
  decoder: Htj2kDecoder,
  expected: { readonly columns: number; readonly rows: number; readonly samples: number },
): void {
  const { width, height, componentCount } = decoder.getFrameInfo()
  if (width !== expected.columns || height !== expected.rows || componentCount !== expected.samples) {
    throw new RangeError(
      `the stream holds ${width} x ${height} x ${componentCount}, ` +
        `the header says ${expected.columns} x ${expected.rows} x ${expected.samples}`,
    )
  }
}
