import { decodeHtj2k, prepareHtj2k } from './htj2k'
import { readNative, showStored, type FramePixels, type FrameRecipe } from './pixelValues'

export interface DecodeRequest {
  readonly id: number
  readonly bytes: Uint8Array
  readonly transfer_syntax_uid: string
  readonly recipe: FrameRecipe
}

export type DecodeReply =
  | { readonly id: number; readonly picture: FramePixels }
  | { readonly id: number; readonly problem: string }

const NATIVE = '1.2.840.10008.1.2.1'
const HTJ2K = new Set(['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.202', '1.2.840.10008.1.2.4.203'])

void prepareHtj2k()

self.onmessage = async ({ data }: MessageEvent<DecodeRequest>) => {
  try {
    const picture = await decode(data)
    self.postMessage({ id: data.id, picture } satisfies DecodeReply, {
      transfer: [picture.pixels.buffer],
    })
  } catch (error) {
    self.postMessage({ id: data.id, problem: String(error) } satisfies DecodeReply)
  }
}

/** The archive serves nothing but these two kinds (docs/imaging.md). */
async function decode({ bytes, transfer_syntax_uid, recipe }: DecodeRequest): Promise<FramePixels> {
  const { columns, rows, samples_per_pixel } = recipe.layout
  if (transfer_syntax_uid === NATIVE) return showStored(readNative(bytes, recipe), recipe)
  if (!HTJ2K.has(transfer_syntax_uid)) {
    throw new RangeError(`transfer syntax ${transfer_syntax_uid} is not decoded here`)
  }
  const size = { columns, rows, samples: samples_per_pixel }
  return showStored(await decodeHtj2k(bytes, size), recipe)
}
