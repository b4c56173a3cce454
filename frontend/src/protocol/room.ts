import { assertNever } from './assertNever'
import type {
  Capability,
  LeaseChanged,
  Lobby,
  LobbyState,
  Limits,
  LogEvent,
  Part,
  Person,
  PersonPresence,
  PresenterState,
  Projection,
  RecordingRules,
  ServerMessage,
  Snapshot,
  SoFar,
  StageFrame,
  Welcome,
  Who,
} from './generated'
import { applyEvent } from './snapshot'

export interface TimedPresence extends PersonPresence {
  /** Local clock, for the time to live. */
  readonly seen_at_ms: number
}

/** The window that paints on a segmentation: this one, or somebody's. */
export interface Lease {
  readonly holder: Who
  readonly mine: boolean
  readonly renew_after_s: number
}

/** Everything a participant knows of the room. Changed by `reduceRoom` only. */
export interface RoomState {
  readonly joined: boolean
  readonly you: Who | null
  readonly client_id: string | null
  readonly meeting: string | null
  readonly role: Welcome['role']
  readonly can: readonly Capability[]
  readonly projection: Projection
  /** The images are to be read first; a list of findings is empty for that (LIVE-X1). */
  readonly ai_hidden: boolean
  readonly case_id: string | null
  /** The last event applied; null before the first welcome. */
  readonly head: number | null
  readonly snapshot: Snapshot | null
  readonly agenda_item: string | null
  readonly presenter: PresenterState
  readonly followers: number
  readonly people: readonly Person[]
  readonly presence: Readonly<Record<string, TimedPresence>>
  readonly stage: StageFrame | null
  /** Who paints on a segmentation now, by its id (LIVE-S1). */
  readonly leases: Readonly<Record<string, Lease>>
  /** Counts what the presenter's last stage may have been lost in: it is told again (LIVE-C2). */
  readonly stage_losses: number
  readonly limits: Limits | null
  /** Whether this room is recorded (LIVE-R1). */
  readonly recording: RecordingRules | null
  readonly part: Part
  /** When this person's access to the case ends by itself. */
  readonly expires_at: string | null
  /** What the room had shown of the case when this window came to it. */
  readonly so_far: SoFar | null
  /** Name of the meeting's board; null in an ad hoc room. */
  readonly board: string | null
  /** The hospital's own video call. */
  readonly video_url: string | null
  /** What the lobby tells whoever waits there; null inside the room. */
  readonly at_door: LobbyState | null
  /** Guests who wait, for those who may let them in. */
  readonly waiting: Lobby['waiting']
  /** Set where an event is missing: ask from here (LIVE-J2). */
  readonly gap_after: number | null
  /** Counts messages that broke the schema; what they said is lost and read again by REST. */
  readonly refused: number
}

export const EMPTY_ROOM: RoomState = {
  joined: false,
  you: null,
  client_id: null,
  meeting: null,
  role: 'participant',
  can: [],
  projection: 'none',
  ai_hidden: false,
  case_id: null,
  head: null,
  snapshot: null,
  agenda_item: null,
  presenter: { user: null, epoch: 0 },
  followers: 0,
  people: [],
  presence: {},
  stage: null,
  leases: {},
  stage_losses: 0,
  limits: null,
  recording: null,
  part: 'contributor',
  expires_at: null,
  so_far: null,
  board: null,
  video_url: null,
  at_door: null,
  waiting: [],
  gap_after: null,
  refused: 0,
}

/** A number no session reaches: the server answers with a snapshot (LIVE-J1). */
export const FROM_THE_START = Number.MAX_SAFE_INTEGER

/** Presence that is not renewed is over (LIVE lanes: memory, 5 s). */
export const PRESENCE_TTL_MS = 5_000

export function reduceRoom(state: RoomState, message: ServerMessage, now_ms: number): RoomState {
  switch (message.type) {
    case 'welcome':
      return welcomed(state, message)
    case 'snapshot':
      return {
        ...state,
        can: message.can,
        projection: message.projection,
        ai_hidden: message.ai_hidden,
        ...fromSnapshot(state, message.snapshot),
        head: message.head_seq,
        gap_after: null,
        stage: message.stage,
      }
    case 'event':
      return withEvent(state, message)
    case 'stage':
      return message.frame === null ? { ...state, stage: null } : withStage(state, message.frame)
    case 'presence.delta':
      return withPresence(state, message.changed, message.removed, now_ms)
    case 'participant.joined':
      return { ...state, people: withPerson(state.people, message.person) }
    case 'participant.left':
      return {
        ...state,
        people: state.people.filter((person) => person.user.id !== message.user),
        presence: without(state.presence, message.user),
      }
    case 'presenter.changed':
      return { ...withPresenter(state, message.presenter), followers: message.followers }
    case 'lease.changed':
      return { ...state, leases: withLease(state.leases, message) }
    case 'access.changed':
      return {
        ...state,
        can: message.can,
        projection: message.projection,
        ai_hidden: message.ai_hidden,
        expires_at: message.expires_at,
      }
    case 'lobby':
      return { ...state, waiting: message.waiting }
    case 'lobby.state':
      return { ...state, at_door: message }
    case 'limits':
      return withLimits(state, message)
    case 'resync':
      return { ...state, gap_after: message.after_seq }
    case 'op.ack':
    case 'error':
    case 'pong':
    case 'look.called':
      return state
    default:
      return assertNever(message)
  }
}

function welcomed(state: RoomState, message: Welcome): RoomState {
  const fresh: RoomState = {
    ...state,
    joined: true,
    you: message.you.user,
    client_id: message.you.client_id,
    meeting: message.meeting,
    role: message.role,
    can: message.can,
    projection: message.projection,
    ai_hidden: message.ai_hidden,
    followers: message.followers,
    people: message.people,
    presence: {},
    leases: {}, // those in force are told after the welcome
    stage_losses: state.stage_losses + 1,
    limits: message.limits,
    recording: message.recording,
    part: message.part,
    expires_at: message.expires_at,
    so_far: message.so_far,
    board: message.board,
    video_url: message.video_url,
    at_door: null,
    waiting: [],
    gap_after: null,
  }
  if (message.events === null) {
    return withStage(
      {
        ...fresh,
        ...fromSnapshot(fresh, message.snapshot),
        case_id: message.case_id,
        presenter: message.presenter,
        head: message.head_seq,
        stage: null,
      },
      message.stage,
    )
  }
  // What was hidden, or is now, is not among the events: a snapshot is asked for.
  const turned = state.joined && state.ai_hidden !== message.ai_hidden
  const caught_up = message.events.reduce(withEvent, fresh)
  return withStage(
    {
      ...caught_up,
      presenter: message.presenter,
      case_id: message.case_id,
      gap_after: turned ? FROM_THE_START : caught_up.gap_after,
    },
    message.stage,
  )
}

function fromSnapshot(
  state: RoomState,
  snapshot: Snapshot | null,
): Pick<RoomState, 'snapshot' | 'case_id' | 'agenda_item' | 'presenter'> {
  return {
    snapshot,
    case_id: snapshot?.case_id ?? state.case_id,
    agenda_item: snapshot?.agenda_item ?? state.agenda_item,
    presenter: newerPresenter(state.presenter, snapshot?.presenter ?? state.presenter),
  }
}

/** Event n only after n − 1; a repeat does nothing; a gap is asked for and nothing is guessed. */
export function withEvent(state: RoomState, event: LogEvent): RoomState {
  if (state.head === null || event.seq <= state.head) return state
  if (event.seq > state.head + 1) return { ...state, gap_after: state.head }
  const next: RoomState = { ...state, head: event.seq, gap_after: null }
  if (event.kind === 'withheld') return next
  if (event.kind === 'agenda.moved') {
    // Nothing of the former case stays on the screen; the new case's snapshot follows.
    const { agenda_item } = event.payload
    const { case_id } = event
    return { ...next, case_id, agenda_item, snapshot: null, stage: null, leases: {}, so_far: null }
  }
  const folded =
    next.snapshot === null ? next : { ...next, snapshot: applyEvent(next.snapshot, event) }
  return event.kind === 'presenter.changed'
    ? withPresenter(folded, event.payload.presenter)
    : folded
}

const newerPresenter = (known: PresenterState, said: PresenterState): PresenterState =>
  said.epoch >= known.epoch ? said : known

/** Frames on their way are of the old epoch, which nobody takes any more. */
function withPresenter(state: RoomState, said: PresenterState): RoomState {
  const presenter = newerPresenter(state.presenter, said)
  const renewed = presenter.epoch !== state.presenter.epoch
  return { ...state, presenter, stage_losses: state.stage_losses + (renewed ? 1 : 0) }
}

/** While Redis was away no stage went further than the server. */
function withLimits(state: RoomState, limits: Limits): RoomState {
  const back = limits.realtime && state.limits?.realtime === false
  return { ...state, limits, stage_losses: state.stage_losses + (back ? 1 : 0) }
}

/** The newest stage wins; one of an epoch that is over never does (LIVE-P1). */
export function withStage(state: RoomState, frame: StageFrame | null): RoomState {
  if (frame === null || frame.epoch < state.presenter.epoch) return state
  const known = state.stage
  const newer =
    known === null ||
    frame.epoch > known.epoch ||
    (frame.epoch === known.epoch && frame.rev > known.rev)
  return newer ? { ...state, stage: frame } : state
}

function withPerson(people: readonly Person[], person: Person): Person[] {
  const others = people.filter((entry) => entry.user.id !== person.user.id)
  const before = people.findIndex((entry) => entry.user.id === person.user.id)
  // Nothing moves when somebody changes: they keep their line.
  if (before < 0) return [...others, person]
  return people.map((entry, index) => (index === before ? person : entry))
}

function withLease(
  leases: RoomState['leases'],
  { segmentation_id, holder, mine, renew_after_s }: LeaseChanged,
): RoomState['leases'] {
  const others = without(leases, segmentation_id)
  return holder === null ? others : { ...others, [segmentation_id]: { holder, mine, renew_after_s } }
}

function without<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}

function withPresence(
  state: RoomState,
  changed: readonly PersonPresence[],
  removed: readonly string[],
  now_ms: number,
): RoomState {
  const gone = new Set(removed)
  const kept = Object.entries(state.presence).filter(([user]) => !gone.has(user))
  const fresh = changed.map((entry) => [entry.user, { ...entry, seen_at_ms: now_ms }] as const)
  return { ...state, presence: Object.fromEntries([...kept, ...fresh]) }
}

/** Drops presence whose time is over. The same state where there is none. */
export function withoutStalePresence(state: RoomState, now_ms: number): RoomState {
  const kept = Object.entries(state.presence).filter(
    ([, entry]) => now_ms - entry.seen_at_ms < PRESENCE_TTL_MS,
  )
  if (kept.length === Object.keys(state.presence).length) return state
  return { ...state, presence: Object.fromEntries(kept) }
}

/** What polling brings in place of the socket (LIVE-B5). */
export interface PolledEvents {
  readonly head_seq: number
  readonly projection: Projection
  readonly ai_hidden: boolean
  readonly events: LogEvent[] | null
  readonly snapshot: Snapshot | null
  readonly stage: StageFrame | null
}

export function reducePolled(state: RoomState, polled: PolledEvents): RoomState {
  const base =
    polled.events === null
      ? {
          ...state,
          ...fromSnapshot(state, polled.snapshot),
          head: polled.head_seq,
          gap_after: null,
        }
      : polled.events.reduce(withEvent, state)
  const { projection, ai_hidden } = polled
  return withStage({ ...base, projection, ai_hidden }, polled.stage)
}

export const isPresenting = (state: RoomState): boolean =>
  state.you !== null && state.presenter.user?.id === state.you.id
