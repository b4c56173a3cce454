/** The REST shapes the screens read. Replaced piece by piece by `schema.ts`. */

export interface Page<T> {
  next: string | null
  previous: string | null
  results: T[]
}

export type Guise = 'identified' | 'deidentified'

export interface Institution {
  id: string
  name: string
}

export interface PersonRef {
  id: string
  display_name: string
  discipline: string
}

export interface Person extends PersonRef {
  institution: Institution | null
  is_trainee: boolean
  /** Told to the system administrator only. */
  email?: string
  system_roles?: string[]
  is_active?: boolean
}

export interface Me extends PersonRef {
  email: string
  institution: Institution | null
  is_trainee: boolean
  system_roles: string[]
  totp_enabled: boolean
}

export interface PatientIdentity {
  id: string | null
  patient_id: string
  issuer?: string
  name: string
  birth_date: string | null
  birth_year?: number | null
  sex: string
}

export interface CodedConcept {
  system: string
  code: string
  display: string
  text?: string
}

export interface CaseListEntry {
  id: string
  version: number
  title: string
  clinical_question: string
  tumour_type: string
  status: string
  urgency: string
  urgency_reason: string
  needed_by: string | null
  guise: Guise
  capacity: string
  patient: PatientIdentity
  images: { ready: number; total: number }
  next_meeting: { id: string; starts_at: string; board: string } | null
  findings_unreviewed: number
  updated_at: string
}

/** What the server would allow; it checks again on each act. */
export type Capability =
  | 'edit'
  | 'manage_members'
  | 'link_studies'
  | 'confirm_mismatch'
  | 'annotate'
  | 'run_ai'
  | 'review_findings'
  | 'write_decision'
  | 'sign_decision'
  | 'state_position'
  | 'view_identified'

export interface CaseDetail extends CaseListEntry {
  history: string
  diagnosis: CodedConcept | null
  stage: string
  ecog: number | null
  members_count: number
  expires_at: string | null
  can: Capability[]
}

export interface CaseMember {
  id: string
  user: PersonRef
  guise: Guise
  capacity: string
  source: string
  expires_at: string | null
}

export interface Series {
  id: string
  series_instance_uid: string
  number: number | null
  modality: string
  description: string
  body_part: string
  instance_count: number
  frame_count: number
  frame_of_reference_uid: string | null
  archive_key: string
  thumbnail_url: string | null
  kind: string
  warnings: { code: string; message: string }[]
}

export type StudyState = 'queued' | 'ingesting' | 'ready' | 'failed'

export interface Study {
  id: string
  study_instance_uid: string
  study_date: string | null
  study_time: string | null
  description: string
  modalities: string[]
  accession_number: string
  state: StudyState
  progress: { done: number; total: number }
  error: { code: string; message: string } | null
  synthetic: boolean
  source: string
  patient: Pick<PatientIdentity, 'patient_id' | 'name' | 'birth_date' | 'sex'>
  mismatch_reason?: string
  series: Series[]
}

export interface PacsConnection {
  id: string
  name: string
  base_url: string
  auth_kind?: string
  username?: string
  allowed_networks?: string[]
  is_active?: boolean
}

export interface PacsTest {
  ok: boolean
  latency_ms: number | null
  error: string | { code: string; message: string } | null
}

export interface PacsStudy {
  study_instance_uid: string
  study_date: string | null
  description: string
  modalities: string[]
  patient_id: string
  patient_name: string
  birth_date: string | null
  sex: string
  accession_number: string
  series_count: number | null
  instance_count: number | null
}

export interface ImportFile {
  name: string
  verdict: 'pending' | 'stored' | 'duplicate' | 'rejected'
  code: string
  reason: string
  details?: Record<string, unknown> | null
}

export interface ImportBatch {
  id: string
  state: 'pending' | 'running' | 'done' | 'failed'
  error?: { code: string; message: string } | null
  files: ImportFile[]
}

export interface MeasuredQuantity {
  quantity: string
  value: number
  unit: string
}

export interface ModelEntry {
  id: string
  name: string
  version: string
  kind: string
  title?: string
  state?: string
  card?: Record<string, unknown> | null
  scope?: Record<string, unknown> | null
  sha256?: string
}

export type JobState =
  | 'queued'
  | 'running'
  | 'findings'
  | 'no_findings'
  | 'out_of_scope'
  | 'failed'
  | 'cancelled'

export interface Job {
  id: string
  case?: string
  case_title?: string
  model: { id: string; name: string; version: string; kind: string }
  study_instance_uid: string
  series_instance_uid: string
  state: JobState
  progress: number
  stage: string
  reason: { code: string; message: string } | null
  attempts: number
  queue_position: number | null
  findings_count?: number
  created_at: string
  started_at: string | null
  finished_at: string | null
}

export type FindingState = 'unreviewed' | 'accepted' | 'dismissed'

export interface Finding {
  id: string
  version: number
  job: string
  case?: string
  model: { name: string; version: string; id?: string }
  study_instance_uid: string
  series_instance_uid: string
  frame_of_reference_uid: string | null
  sop_instance_uid: string | null
  frame: number | null
  label: string
  code: { system: string; code: string; display: string } | null
  site: { system: string; code: string; display: string } | null
  measurements: MeasuredQuantity[]
  probability: number | null
  urgency: string
  state: FindingState
  review: { reviewer: PersonRef | string; at: string; reason_code: string; comment: string } | null
  centroid_lps: [number, number, number] | null
  bbox_lps: [[number, number, number], [number, number, number]] | null
  mask_url: string | null
  export: { state: 'none' | 'queued' | 'storing' | 'stored' | 'failed' | 'withdrawn'; error: string | null } | null
}

export interface Board {
  id: string
  name: string
  description: string
  minutes_per_case: number
  my_role: string | null
}

export interface BoardMember {
  id: string
  user: Person
  role: string
  created_at: string
}

export interface Meeting {
  id: string
  version: number
  board: { id: string; name: string }
  starts_at: string
  ends_at: string
  room: string
  video_url: string
  status: 'planned' | 'open' | 'closed' | 'cancelled'
  case_count: number
  my_role: string | null
}

export interface AgendaItem {
  id: string
  version: number
  meeting: string
  case: CaseListEntry
  position: number
  minutes: number
  status: 'planned' | 'current' | 'discussed' | 'deferred'
  started_at: string | null
  ended_at: string | null
}

export type Consensus = 'consensus' | 'majority' | 'none'
export type Stance = 'agree' | 'dissent' | 'abstain'

export interface Recommendation {
  id: string
  position: number
  text: string
  intent: string
  responsible: Person | null
  due: string | null
}

export interface Position {
  id: string
  user: Person
  stance: Stance
  statement: string
  recorded_by: Person | null
}

export interface Decision {
  id: string
  version: number
  case: string
  meeting: Meeting | null
  status: 'draft' | 'signed'
  consensus: Consensus
  summary: string
  conditions: string
  recommendations: Recommendation[]
  positions: Position[]
  view: unknown
  drafted_by: Person | null
  signed_by: Person | null
  signed_at: string | null
  created_at: string
  updated_at: string
}

export interface LiveSession {
  id: string
  meeting: string | null
  case: string | null
  state?: string
  title?: string
  started_at?: string
}

export interface AuditEntry {
  id: string
  at: string
  actor_kind: string
  actor_id: string | null
  actor_label: string
  action: string
  outcome: string
  case_id: string | null
  patient_id: string | null
  entity: string
  entity_id: string
  request_id: string
  details: Record<string, unknown>
  seal_position: number | null
  dicom_event: string
}
