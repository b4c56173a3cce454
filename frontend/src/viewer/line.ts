/** Below this the server is asked for a small picture first: a CT image of 512 × 512 is 0.2 MB. */
const SLOW_BITS_PER_S = 16e6
/** Too little to judge by. */
const LEAST_BYTES = 100_000
/** Of what was seen before, what counts beside the newest. */
const KEPT_SHARE = 0.5
/** A stretch of this length is closed, and the next one begins. */
const STRETCH_MS = 1000

/**
 * How much comes through while something is on its way. Transfers beside each other share the line,
 * so their time counts once. Pure: time is handed in.
 */
export class LineMeter {
  private inFlight = 0
  private busySince_ms = 0
  private busy_ms = 0
  private bytes = 0

  began(now_ms: number): void {
    if (this.inFlight === 0) this.busySince_ms = now_ms
    this.inFlight += 1
  }

  /** `bytes` is 0 for one that failed. */
  ended(bytes: number, now_ms: number): void {
    this.inFlight -= 1
    this.bytes += bytes
    this.busy_ms += now_ms - this.busySince_ms
    this.busySince_ms = now_ms
    if (this.busy_ms < STRETCH_MS || this.bytes < LEAST_BYTES) return
    this.busy_ms *= KEPT_SHARE
    this.bytes *= KEPT_SHARE
  }

  /** Null before enough has come. */
  get bitsPerSecond(): number | null {
    if (this.bytes < LEAST_BYTES * KEPT_SHARE || this.busy_ms <= 0) return null
    return (this.bytes * 8 * 1000) / this.busy_ms
  }
}

const meter = new LineMeter()

/** Reads a body and counts it. */
export async function readCounted(answer: Promise<Response>): Promise<{ response: Response; body: ArrayBuffer }> {
  meter.began(performance.now())
  let bytes = 0
  try {
    const response = await answer
    const body = await response.arrayBuffer()
    bytes = body.byteLength
    return { response, body }
  } finally {
    meter.ended(bytes, performance.now())
  }
}

/** What came lately, else what the browser guesses (Chromium says at most 10 Mbit/s). */
export function isLineSlow(): boolean {
  const measured = meter.bitsPerSecond
  if (measured !== null) return measured < SLOW_BITS_PER_S
  const { connection } = navigator as Navigator & { connection?: { downlink?: number; rtt?: number } }
  return (connection?.downlink ?? Infinity) < 10 && (connection?.rtt ?? 0) >= 100
}
