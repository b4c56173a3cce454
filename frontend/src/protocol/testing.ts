import type {
  ChatPostedEvent,
  LesionBody,
  LogEvent,
  MeasurementBody,
  MeasurementPutEvent,
  Snapshot,
  StageFrame,
  Welcome,
} from './generated'

const AT = '2026-11-22T14:30:00Z'
export const CASE = '00000000-0000-4000-8000-000000000005'
export const ROSA = {
  id: '00000000-0000-4000-8000-0000000000a1',
  display_name: 'Dr. R. Adler',
  discipline: 'radiology',
}
export const SUMI = {
  id: '00000000-0000-4000-8000-0000000000a2',
  display_name: 'Dr. S. Ueda',
  discipline: 'surgery',
}

export const emptySnapshot = (): Snapshot => ({
  case_id: CASE,
  agenda_item: null,
  presenter: { user: ROSA, epoch: 1 },
  measurements: [],
  segmentations: [],
  findings: [],
  decisions: [],
  chat: [],
  key_images: [],
  gathering: { attendance: [], needs: [], asks: [] },
  lesions: [],
})

export function welcome(parts: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    protocol: 'consilium.live.v1',
    session: '00000000-0000-4000-8000-000000000006',
    meeting: null,
    you: { user: SUMI, client_id: '00000000-0000-4000-8000-000000000001' },
    role: 'participant',
    can: ['annotate'],
    projection: 'identified',
    case_id: CASE,
    presenter: { user: ROSA, epoch: 1 },
    head_seq: 0,
    snapshot: emptySnapshot(),
    events: null,
    stage: null,
    people: [],
    followers: 0,
    limits: {
      type: 'limits',
      max_message_bytes: 65536,
      op: { per_second: 10, burst: 20 },
      stage: { per_second: 30, burst: 60 },
      presence: { per_second: 30, burst: 60 },
      control: { per_second: 10, burst: 30 },
      realtime: true,
    },
    server_time: AT,
    recording: null,
    ai_hidden: false,
    part: 'contributor',
    expires_at: null,
    so_far: null,
    board: null,
    video_url: null,
    ...parts,
  }
}

const envelope = (seq: number, entity: string, entity_id: string, entity_version: number) => ({
  type: 'event' as const,
  seq,
  op_id: null,
  case_id: CASE,
  actor: { id: ROSA.id, display_name: ROSA.display_name },
  at: AT,
  entity,
  entity_id,
  entity_version,
})

const idOf = (seq: number): string =>
  `00000000-0000-4000-9000-${String(seq).padStart(12, '0')}`

export const chatEvent = (seq: number, text: string): ChatPostedEvent => ({
  ...envelope(seq, 'chat_message', idOf(seq), 1),
  kind: 'chat.posted',
  payload: { message: { id: idOf(seq), author: ROSA, text, at: AT } },
})

export function measurement(id: string, version: number, size_mm: number): MeasurementBody {
  return {
    id,
    version,
    case: CASE,
    study_instance_uid: '1.2',
    series_instance_uid: '1.2.3',
    sop_instance_uid: '1.2.3.4',
    frame: 1,
    frame_of_reference_uid: '1.9',
    kind: 'length',
    points_lps: [
      [0, 0, 0],
      [size_mm, 0, 0],
    ],
    points_image: null,
    values: [{ quantity: 'length', value: size_mm, unit: 'mm', basis: null }],
    problem: null,
    label: '',
    site: '',
    lesion: null,
    author: ROSA,
    tracking_uid: '2.25.1',
    created_at: AT,
    updated_at: AT,
  } as MeasurementBody
}

export const lesion = (id: string, parts: Partial<LesionBody> = {}): LesionBody => ({
  id,
  version: 1,
  case: CASE,
  number: 1,
  label: '',
  site: 'liver',
  role: 'target',
  is_node: false,
  author: ROSA,
  tracking_uid: '2.25.9',
  created_at: AT,
  updated_at: AT,
  ...parts,
})

export const putEvent = (seq: number, body: MeasurementBody): MeasurementPutEvent => ({
  ...envelope(seq, 'measurement', body.id, body.version),
  kind: body.version === 1 ? 'measurement.put' : 'measurement.revised',
  payload: { measurement: body },
})

export const removedEvent = (seq: number, id: string, version: number): LogEvent => ({
  ...envelope(seq, 'measurement', id, version),
  kind: 'measurement.removed',
  payload: { id, version },
})

export const stage = (epoch: number, rev: number): StageFrame => ({
  epoch,
  rev,
  state: {
    layout: { rows: 1, columns: 1 },
    active_viewport: 0,
    viewports: [null],
    focus: null,
    held: false,
  },
})
