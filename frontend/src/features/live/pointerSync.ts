import { patientToImage } from '@/geometry'
import type { PresenceUpdate, Pointer } from '@/protocol/generated'
import { personColour } from '@/ui/people'
import type { RemotePointer } from '@/viewer/overlay/pointers'
import type { LocalPointer, Viewer } from '@/viewer/viewer'

import type { LiveSession } from './liveSession'
import { IDLE_AFTER_MS, PRESENCE_EVERY_MS, PRESENCE_RENEW_MS } from './timing'

/** Own pointer out, everybody else's in; always in patient or image coordinates (LIVE-L1). */
export class PointerSync {
  private stops: (() => void)[] = []
  private pointer: Pointer | null = null
  private hand_raised = false
  private last_sent_at_ms = 0
  private last_moved_at_ms = performance.now()
  private last_presence: object | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private renewal: ReturnType<typeof setInterval> | undefined
  private readonly session: LiveSession
  private readonly viewer: Viewer

  constructor(session: LiveSession, viewer: Viewer) {
    this.session = session
    this.viewer = viewer
  }

  start(): void {
    const { session, viewer } = this
    this.stops = [
      viewer.pointed.on((local) => {
        this.pointer = local && wirePointer(local)
        this.last_moved_at_ms = performance.now()
        this.schedule()
      }),
      session.changed.on(() => this.show()),
    ]
    this.renewal = setInterval(() => this.send(), PRESENCE_RENEW_MS)
    this.send()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    clearInterval(this.renewal)
    for (const stop of this.stops) stop()
    this.stops = []
    this.viewer.setPointers([])
  }

  raiseHand(raised: boolean): void {
    this.hand_raised = raised
    this.send()
  }

  private schedule(): void {
    if (this.timer !== undefined) return
    const wait_ms = Math.max(0, this.last_sent_at_ms + PRESENCE_EVERY_MS - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.send()
    }, wait_ms)
  }

  private send(): void {
    this.last_sent_at_ms = performance.now()
    this.session.publishPresence({
      pointer: this.pointer,
      tool: this.viewer.tool,
      activity: this.activity(),
      hand_raised: this.hand_raised,
    })
  }

  private activity(): PresenceUpdate['activity'] {
    if (document.visibilityState === 'hidden') return 'away'
    return performance.now() - this.last_moved_at_ms > IDLE_AFTER_MS ? 'idle' : 'active'
  }

  private show(): void {
    const { room } = this.session.state
    if (room.presence === this.last_presence) return
    this.last_presence = room.presence
    const own = room.you?.id
    const pointers = Object.values(room.presence).flatMap((entry): RemotePointer[] => {
      if (entry.pointer === null || entry.user === own) return []
      const who = room.people.find((person) => person.user.id === entry.user)?.user
      return [
        {
          ...entry.pointer,
          user: entry.user,
          name: who?.display_name ?? '',
          colour: personColour({ id: entry.user, discipline: who?.discipline ?? '' }),
        },
      ]
    })
    this.viewer.setPointers(pointers)
  }
}

function wirePointer({ view, point }: LocalPointer): Pointer | null {
  const { series } = view.state
  const frame = view.shownFrame
  if (series === null) return null
  if (frame === null) return planePointer(view, point)
  const inPatient = frame.plane_lps !== null && series.frame_of_reference_uid !== null
  const [column, row] = patientToImage(frame.plane, point)
  return {
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: inPatient ? series.frame_of_reference_uid : null,
    point_lps: inPatient ? [...point] : null,
    sop_instance_uid: frame.sop_instance_uid,
    frame: frame.frame,
    point_image: inPatient ? null : [column, row],
  }
}

/** On a plane between images: a place in the patient, and no image. */
function planePointer(view: LocalPointer['view'], point: LocalPointer['point']): Pointer | null {
  const { series, reformat } = view.state
  if (reformat?.kind !== 'plane' || !series?.frame_of_reference_uid) return null
  return {
    series_instance_uid: series.series_instance_uid,
    frame_of_reference_uid: series.frame_of_reference_uid,
    point_lps: [...point],
    sop_instance_uid: null,
    frame: null,
    point_image: null,
  }
}
