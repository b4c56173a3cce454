import type { Viewport } from '@/protocol/generated'
import { stageOf } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

/** Between windows of one browser and one person; nothing of it leaves the machine. */
export type CompanionMessage =
  /** A companion is there and wants to know what to show. */
  | { readonly kind: 'hello'; readonly viewport: number }
  | { readonly kind: 'shows'; readonly case_id: string; readonly viewports: readonly (Viewport | null)[] }
  /** The main window has gone, or went elsewhere. */
  | { readonly kind: 'bye' }

const channelName = (room: string): string => `consilium.companion.${room}`

export const companionPath = (case_id: string, room: string, viewport: number): string =>
  `/cases/${case_id}/companion?room=${room}&viewport=${viewport}`

/** The main window's side: tells its companions what each of its viewports shows. */
export class CompanionHost {
  readonly room = crypto.randomUUID()
  private readonly channel = new BroadcastChannel(channelName(this.room))
  private viewer: Viewer | null = null
  private case_id = ''
  private stop: (() => void) | null = null
  private handle = 0

  constructor() {
    this.channel.onmessage = ({ data }: MessageEvent<CompanionMessage>) => {
      if (data.kind === 'hello') this.tell()
    }
  }

  /** Another case has another viewer: companions go there too. */
  follow(viewer: Viewer, case_id: string): void {
    this.stop?.()
    this.viewer = viewer
    this.case_id = case_id
    this.stop = viewer.changed.on(() => this.soon())
    this.soon()
  }

  dispose(): void {
    this.stop?.()
    cancelAnimationFrame(this.handle)
    this.send({ kind: 'bye' })
    this.channel.close()
  }

  /** The last of several changes before the next picture; companions skip what lies between. */
  private soon(): void {
    if (this.handle !== 0) return
    this.handle = requestAnimationFrame(() => {
      this.handle = 0
      this.tell()
    })
  }

  private tell(): void {
    if (this.viewer === null) return
    const { viewports } = stageOf(this.viewer, { focus: null, held: false })
    this.send({ kind: 'shows', case_id: this.case_id, viewports })
  }

  private send(message: CompanionMessage): void {
    this.channel.postMessage(message)
  }
}

/** The companion's side. Returns how to stop listening. */
export function listenToHost(
  room: string,
  viewport: number,
  on: (message: Exclude<CompanionMessage, { kind: 'hello' }>) => void,
): () => void {
  const channel = new BroadcastChannel(channelName(room))
  channel.onmessage = ({ data }: MessageEvent<CompanionMessage>) => {
    if (data.kind !== 'hello') on(data)
  }
  channel.postMessage({ kind: 'hello', viewport } satisfies CompanionMessage)
  return () => channel.close()
}
