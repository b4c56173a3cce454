import type { DecodeReply, DecodeRequest } from './decodeWorker'
import type { FramePixels, FrameRecipe } from './pixelValues'

interface Waiting {
  readonly resolve: (picture: FramePixels) => void
  readonly reject: (error: Error) => void
}

interface Member {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

const MOST_WORKERS = 4

/** Workers that turn frames into pictures. Made at the first wish, kept as long as the page. */
class DecoderPool {
  private members: Member[] = []
  private counter = 0

  /** Workers and their decoder, before there is anything to decode. */
  warm(): void {
    const count = Math.max(1, Math.min(MOST_WORKERS, (navigator.hardwareConcurrency || 2) - 1))
    while (this.members.length < count) this.members.push(hire())
  }

  decode(
    bytes: Uint8Array<ArrayBuffer>,
    transfer_syntax_uid: string,
    recipe: FrameRecipe,
  ): Promise<FramePixels> {
    this.warm()
    const member = this.members.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a))
    this.counter += 1
    const id = this.counter
    const request: DecodeRequest = { id, bytes, transfer_syntax_uid, recipe }
    return new Promise((resolve, reject) => {
      member.waiting.set(id, { resolve, reject })
      member.worker.postMessage(request, [bytes.buffer])
    })
  }
}

function hire(): Member {
  const worker = new Worker(new URL('./decodeWorker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, Waiting>()
  worker.onmessage = ({ data }: MessageEvent<DecodeReply>) => {
    const asked = waiting.get(data.id)
    waiting.delete(data.id)
    if ('picture' in data) asked?.resolve(data.picture)
    else asked?.reject(new Error(data.problem))
  }
  // A worker that cannot even start says nothing of the frames it was given.
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message || 'no decoder'))
    waiting.clear()
  }
  return { worker, waiting }
}

export const decoders = new DecoderPool()
