import type * as wire from './schema'

/**
 * What the screens read, named as clinicians name it. Everything here comes
 * from the generated `schema.ts` (`npm run api:types`); what is added is only
 * what OpenAPI cannot say.
 */

export interface Page<T> {
  next: string | null
  previous: string | null
  results: T[]
}

export type Guise = wire.GuiseEnum
export type Institution = wire.Institution
export type Me = wire.Me

export interface PersonRef {
  id: string
  display_name: string
  discipline: string
}

/** A colleague; e-mail, roles and account state are told to the system administrator only. */
export type Person = wire.Person & Partial<wire.PersonAdmin>

export type PatientIdentity = Omit<wire.Patient, 'birth_date'> & { birth_date: string | null }
type WithPatient<T extends { patient: unknown }> = Omit<T, 'patient'> & { patient: PatientIdentity }

export type CaseListEntry = WithPatient<wire.CaseListItem>

/** What the server would allow; it checks again on each act. */
export type Capability =
  | 'edit'
  | 'record_clinical'
  | 'manage_members'
  | 'link_studies'
  | 'confirm_mismatch'
  | 'annotate'
  | 'run_ai'
  | 'review_findings'
  | 'write_decision'
  | 'sign_decision'
  | 'state_position'
  | 'tell_patient'
  | 'view_identified'

export type CaseDetail = Omit<WithPatient<wire.CaseDetail>, 'can'> & { can: Capability[] }
export type CaseMember = wire.Grant

export type Series = wire.Series
export type Registration = wire.Registration
export type Radiotherapy = wire.Radiotherapy
export type StructureSet = wire.StructureSet
export type StructureRegion = wire.Region
export type Dose = wire.Dose
export type RtPlan = wire.Plan
export type Dvh = wire.Dvh
export type StudyState = wire.StudyStateEnum
export type Study = wire.Study
export type PriorStudy = wire.PriorStudy

/** Whoever is no administrator is told the name only. */
export type PacsConnection = Pick<wire.Pacs, 'id' | 'name'> & Partial<wire.Pacs>
export type PacsTest = Omit<wire.PacsTest, 'error'> & { error: { code: string; message: string } | null }
export type PacsStudy = wire.FoundStudy
export type PacsAnswer = wire.PacsAnswer
export type PacsSearch = wire.FoundStudies

export type ImportFile = wire.ImportFile
export type ImportBatch = wire.Import
export type ImportSummary = wire.ImportSummary

export type MeasuredQuantity = wire.Measured
export type ModelEntry = wire.Model
export type ModelVersion = wire.ModelVersion
export type MonitoringReport = wire.Monitoring
export type MonitoringFigure = wire.Figure
export type MonitoringPeriod = wire.Period
export type MonitoringDrift = wire.Drift
export type DriftFeature = wire.DriftFeature
export type ModelAlert = wire.ModelAlert
export type VersionAct = wire.VersionActEnum
export type VersionDetail = wire.VersionDetail
export type VersionChange = wire.VersionChange
export type VersionContent = wire.VersionContent
export type BundleFile = wire.BundleFile
export type FileChange = wire.FileChange
export type VersionCard = wire.VersionCard
export type CardGroup = wire.CardGroup
export type CardStatement = wire.Statement
export type BundleUpload = wire.BundleUpload
export type ReachPage = wire.ReachPage
export type ReachRow = wire.ReachRow
export type JobState = wire.JobStateEnum
export type Job = wire.Job

export type AiUrgency = wire.AiUrgency
export type AutomationRule = wire.AutomationRule
export type AutomationRules = wire.AutomationRules
export type AutomationRun = wire.AutomationRun
export type RuleDraft = wire.AutomationRuleWriteRequest
export type RuleTrial = wire.RuleTrial
export type UrgencyNotice = wire.UrgencyNotice
export type UrgencyNotices = wire.UrgencyNotices
export type UrgencyTier = wire.UrgencyTier
export type TierChanges = wire.PatchedUrgencyTierPatchRequest

export type FindingState = wire.FindingStateEnum
type PointLps = [number, number, number]
export type Finding = Omit<wire.Finding, 'centroid_lps' | 'bbox_lps'> & {
  centroid_lps: PointLps | null
  bbox_lps: [PointLps, PointLps] | null
}

export type HistoryEntry = wire.HistoryEntry

export type CaseDocument = wire.Document
export type DocumentImage = wire.DocumentImage
export type OpenedDocument = wire.OpenedDocument
export type Segmentation = wire.Segmentation
export type DrawnSegmentation = wire.DrawnSegmentation
export type DrawnSegment = wire.DrawnSegment
export type Segment = wire.Segment

export type Board = wire.Board
export type BoardMember = wire.BoardMember
export type BoardRole = wire.BoardRoleEnum
export type AiReading = wire.AiReadingEnum
export type Meeting = wire.Meeting
export type PlannedSeries = wire.PlannedSeries
export type SeriesPlan = Pick<
  wire.SeriesWriteRequest,
  'board' | 'rule' | 'time_zone' | 'first_on' | 'starts_at' | 'minutes' | 'room' | 'holidays'
>
export type AgendaItem = Omit<wire.AgendaItem, 'case'> & { case: CaseListEntry }
export type Consensus = wire.ConsensusEnum
export type Stance = wire.StanceEnum
export type Recommendation = wire.Recommendation
export type Position = wire.Position
export type Decision = wire.Decision
export type DecisionNote = wire.DecisionNote
export type DecisionText = wire.DecisionText
export type SignedMany = wire.SignedMany
export type Signing = wire.Signing
export type WaitingDecision = wire.WaitingDecision
export type Changes = wire.Changes

export type LiveSession = wire.LiveSession
export type AuditEntry = wire.AuditEntry

export type MeetingAttendance = wire.MeetingAttendance
export type Attendance = wire.Attendance
export type CheckInCode = wire.CheckInCode
export type CheckedIn = wire.CheckedIn
export type ScreenAnnounced = wire.ScreenAnnounced
export type ScreenState = wire.ScreenState
export type WallFacts = wire.Wall

export type CaseReadiness = wire.CaseReadiness
export type ReadinessItem = wire.ReadinessItem
export type CaseMove = wire.CaseMove
export type MeetingException = wire.MeetingException
export type AgendaCapacity = wire.AgendaCapacity
export type CaseTemplate = wire.CaseTemplate
export type CaseTemplateDetail = wire.CaseTemplateDetail
export type CaseTemplateDocument = wire.CaseTemplateDocument
