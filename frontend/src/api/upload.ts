import { http } from './http'
import { asProblem } from './problem'

/**
 * The sending half of an upload (tus 1.0; docs/imaging.md, outside studies): the files' bytes
 * one after the other, in pieces named by their offset. What the server acknowledged is never
 * sent again; a broken connection is waited out.
 */
export interface UploadFile {
  file: File
  /** Path within the folder it was chosen with. */
  name: string
  /** Read once: the browser asks the disk, and waits for it, each time `file.size` is read. */
  size: number
  modified: number
}

export interface UploadNews {
  /** Bytes that the server has acknowledged. */
  offset: number
  /** The connection is broken; it is tried again by itself. */
  isWaiting: boolean
}

interface SendOptions {
  /** Where the upload was announced: `/api/imports/ID`. */
  to: string
  /** In the order that was announced. */
  files: UploadFile[]
  offset: number
  signal: AbortSignal
  onNews: (news: UploadNews) => void
}

const MIB = 1024 * 1024
const FIRST_PIECE = MIB
const SMALLEST_PIECE = MIB / 4
const LARGEST_PIECE = 16 * MIB
const QUICK_MS = 1_000
const SLOW_MS = 4_000
const PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
const TUS = { 'Content-Type': 'application/offset+octet-stream', 'Tus-Resumable': '1.0.0' }

/** First byte of each file within the upload, and the end of the last. */
export function startsOf(sizes: readonly number[]): number[] {
  const starts = [0]
  for (const size of sizes) starts.push((starts.at(-1) ?? 0) + size)
  return starts
}

/** The file that holds a byte; of files without bytes, the one behind them. */
export function fileAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle + 1] ?? Infinity) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

export async function sendUpload({ to, files, offset: from, signal, onNews }: SendOptions): Promise<void> {
  const starts = startsOf(files.map(({ size }) => size))
  const total = starts.at(-1) ?? 0
  let offset = from
  let piece = FIRST_PIECE
  let failures = 0
  const send = async (content: Uint8Array) => {
    await http.patch(`${to}/content`, content, { headers: { ...TUS, 'Upload-Offset': String(offset) }, signal })
    offset += content.length
  }
  while (offset < total) {
    signal.throwIfAborted()
    try {
      if (failures > 0) await send(new Uint8Array()) // no bytes: only asks where to go on
      const { content, unreadable } = await readPiece(files, starts, offset, piece)
      if (unreadable !== null && content.length === 0) {
        await http.post(`${to}/omit`, { position: unreadable }, { signal })
        offset = starts[unreadable + 1] ?? total
      } else {
        const started = performance.now()
        await send(content)
        piece = nextPiece(piece, performance.now() - started)
      }
      failures = 0
      onNews({ offset, isWaiting: false })
    } catch (error) {
      signal.throwIfAborted()
      const problem = asProblem(error)
      const known = problem.details.offset
      if (problem.code === 'offset_mismatch' && typeof known === 'number') {
        offset = known
      } else if (problem.isTransient && problem.code !== 'unexpected') {
        failures += 1
        piece = SMALLEST_PIECE
        onNews({ offset, isWaiting: true })
        await pause(Math.min(PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS), signal)
      } else {
        throw error
      }
    }
  }
}

function nextPiece(piece: number, tookMs: number): number {
  if (tookMs < QUICK_MS) return Math.min(piece * 2, LARGEST_PIECE)
  return tookMs > SLOW_MS ? Math.max(piece / 2, SMALLEST_PIECE) : piece
}

interface Piece {
  content: Uint8Array
  /** The file right behind `content` cannot be read: removed, changed, or not allowed. */
  unreadable: number | null
}

async function readPiece(files: UploadFile[], starts: readonly number[], offset: number, length: number): Promise<Piece> {
  const end = Math.min(offset + length, starts.at(-1) ?? 0)
  const slices: { index: number; blob: Blob }[] = []
  for (let index = fileAt(starts, offset), at = offset; at < end; index += 1) {
    const start = starts[index] ?? 0
    const blob = files[index]?.file.slice(at - start, end - start) ?? new Blob()
    if (blob.size > 0) slices.push({ index, blob })
    at = Math.max(at, starts[index + 1] ?? end)
  }
  try {
    const whole = new Blob(slices.map(({ blob }) => blob))
    return { content: new Uint8Array(await whole.arrayBuffer()), unreadable: null }
  } catch {
    return readUpToTheBadOne(slices)
  }
}

/** One file of the piece cannot be read, and the browser does not say which. */
async function readUpToTheBadOne(slices: { index: number; blob: Blob }[]): Promise<Piece> {
  const good: Uint8Array[] = []
  for (const { index, blob } of slices) {
    try {
      good.push(new Uint8Array(await blob.arrayBuffer()))
    } catch {
      return { content: joined(good), unreadable: index }
    }
  }
  return { content: joined(good), unreadable: null }
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** With jitter; over at once when the browser says that the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms * (0.5 + Math.random()))
    function done() {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      signal.removeEventListener('abort', stopped)
      resolve()
    }
    function stopped() {
      done()
      reject(signal.reason as Error)
    }
    window.addEventListener('online', done)
    signal.addEventListener('abort', stopped)
  })
}
