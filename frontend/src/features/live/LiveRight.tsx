import { memo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useDocuments } from '@/api/documents'
import { jobsKnown, useJobs, useReviewFinding } from '@/api/findings'
import type { Finding } from '@/api/types'
import { FindingsPanel } from '@/features/ai/FindingsPanel'
import { isOpen, reviewRole, type FindingReview } from '@/features/ai/review'
import type {
  FindingAccept,
  FindingDefer,
  FindingDismiss,
  FindingOpinion,
} from '@/protocol/generated'
import { isPresenting } from '@/protocol/room'

import { DrawnPanel } from '../viewer/brush/DrawnPanel'
import type { DrawnRoom } from '../viewer/brush/useDrawnRoom'
import { findingEdits } from '../viewer/findingEdits'
import { KeyImageList } from '../viewer/KeyImageList'
import type { KeyImageStore } from '../viewer/keyImageStore'
import { documentCount, DocumentsPanel } from '../viewer/documents/DocumentsPanel'
import { LesionList } from '../viewer/lesions/LesionList'
import type { LesionStore } from '../viewer/lesions/lesionStore'
import { MaskSwitch } from '../viewer/MaskSwitch'
import { MeasurementList } from '../viewer/MeasurementList'
import type { MeasurementStore } from '../viewer/measurementStore'
import { radiotherapyCount, RadiotherapyPanel } from '../viewer/rt/RadiotherapyPanel'
import { segmentCount, SegmentationList } from '../viewer/SegmentationList'
import { TourPanel } from '../viewer/tours/TourPanel'
import type { TourRoom } from '../viewer/tours/useTourRoom'
import { showFinding, type CaseRoom } from '../viewer/useCaseRoom'
import { AiHiddenPanel } from './AiHiddenPanel'
import { ChatPanel } from './ChatPanel'
import type { LiveActs } from './liveActs'
import { LiveDecision } from './LiveDecision'
import type { LiveSession } from './liveSession'
import { AttendancePanel } from './people/AttendancePanel'
import { PeoplePanel } from './PeoplePanel'
import type { Sync } from './sync'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

interface LiveRightProps {
  session: LiveSession
  acts: LiveActs
  room: CaseRoom
  caseId: string
  store: MeasurementStore
  keyImages: KeyImageStore
  lesions: LesionStore
  drawn: DrawnRoom
  tours: TourRoom
  sync: Sync
}

/** People, findings, decision, measurements and chat, each of which folds away. */
export const LiveRight = memo(function LiveRight(props: LiveRightProps) {
  const { session, acts, room, caseId, store, keyImages, lesions, drawn, tours, sync } = props
  const { t } = useTranslation('live')
  const myId = useLiveState(session, (state) => state.room.you?.id ?? '')
  const [active, setActive] = useState<string | null>(null)
  const talked = useTalked(session, 'finding')
  const talkedLesion = useTalked(session, 'lesion')
  const review = useLiveReview(session)
  const jobs = useJobs(caseId)
  const documents = useDocuments(caseId, room.studies)
  const unreviewed = room.findings.filter(isOpen).length
  const show = (finding: Finding) => {
    setActive(finding.id)
    sync.stage.setFocus({ kind: 'finding', id: finding.id })
    void showFinding(room, finding)
  }
  return (
    <div className={classes.sections}>
      <Section title={t('section.people')}>
        <PeoplePanel session={session} room={room} />
        <AttendancePanel session={session} />
      </Section>
      {room.aiHidden ? (
        <Section title={t('reveal:title')}>
          <AiHiddenPanel session={session} acts={acts} />
        </Section>
      ) : (
        <Section title={t('section.findings', { count: unreviewed })}>
          <MaskSwitch room={room} />
          <div className={classes.bounded}>
            <FindingsPanel
              findings={room.findings}
              jobs={jobsKnown(jobs)}
              studies={room.studies}
              activeFindingId={talked ?? active}
              onShow={show}
              review={review}
              edits={findingEdits(room, drawn)}
              dense
            />
          </div>
        </Section>
      )}
      <Section title={t('section.decision')}>
        <LiveDecision session={session} acts={acts} caseId={caseId} />
      </Section>
      <Section
        title={t('section.measurements', { count: store.items.length })}
        closed={store.items.length + keyImages.items.length + lesions.items.length === 0}
      >
        <MeasurementList viewer={room.viewer} store={store} myId={myId} lesions={lesions} />
        <LesionList
          viewer={room.viewer}
          store={store}
          lesions={lesions}
          studies={room.studies}
          talked={talkedLesion}
          onChoose={(id) => sync.stage.setFocus({ kind: 'lesion', id })}
        />
        <KeyImageList viewer={room.viewer} store={keyImages} />
      </Section>
      <Section
        title={t('replay:tour.section', { count: tours.tours.length })}
        closed={tours.tours.length === 0}
      >
        <TourPanel caseId={caseId} tours={tours} />
      </Section>
      <Section
        title={t('section.drawn', { count: drawn.list.length })}
        closed={drawn.list.length === 0}
      >
        <DrawnPanel room={room} drawn={drawn} />
      </Section>
      {room.segmentations.length > 0 && (
        <Section
          title={t('section.segmentations', { count: segmentCount(room.segmentations) })}
          closed
        >
          <SegmentationList room={room} />
        </Section>
      )}
      {radiotherapyCount(room.rt) > 0 && (
        <Section title={t('radiotherapy:section', { count: radiotherapyCount(room.rt) })} closed>
          <RadiotherapyPanel caseId={caseId} rt={room.rt} viewer={room.viewer} />
        </Section>
      )}
      {(documents.data?.length ?? 0) > 0 && (
        <Section title={t('documents:section', { count: documentCount(documents.data) })} closed>
          <DocumentsPanel caseId={caseId} viewer={room.viewer} studies={room.studies} />
        </Section>
      )}
      <Section title={t('section.chat')} closed>
        <ChatPanel session={session} />
      </Section>
    </div>
  )
})

/** The finding or lesion that the presenter talks about, for whoever follows. */
function useTalked(session: LiveSession, kind: 'finding' | 'lesion'): string | null {
  return useLiveState(session, ({ room, following }) => {
    const focus = room.stage?.state.focus
    return following && !isPresenting(room) && focus?.kind === kind ? focus.id : null
  })
}

function Section({
  title,
  closed = false,
  children,
}: {
  title: string
  closed?: boolean
  children: ReactNode
}) {
  return (
    <details className={classes.section} open={!closed}>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

/** Reviews travel as durable ops; a refusal comes back to the card that asked. */
function useLiveReview(session: LiveSession): FindingReview | null {
  const role = useLiveState(session, ({ room }) =>
    reviewRole(room.projection === 'identified' ? [...room.can, 'view_identified'] : room.can),
  )
  const myId = useLiveState(session, (state) => state.room.you?.id ?? '')
  const { retryExport } = useReviewFinding()
  if (role === null) return null
  const submit = async (finding: Finding, op: FindingOp) => {
    await session.submitOrThrow({
      type: 'op.submit',
      op_id: crypto.randomUUID(),
      entity: finding.id,
      entity_version: finding.version,
      ...op,
    })
  }
  return {
    role,
    myId,
    // Not the room's business: the log tells it once the PACS has the finding.
    retryExport,
    accept: (finding, { amendedBy, amendedBox } = {}) =>
      submit(finding, {
        kind: 'finding.accept',
        payload: {
          amended_by: amendedBy
            ? {
                segmentation: amendedBy.segmentation,
                segment: amendedBy.segment,
                revision: amendedBy.revision,
              }
            : null,
          amended_box: amendedBox ?? null,
        },
      }),
    dismiss: (finding, { reasonCode, comment }) =>
      submit(finding, { kind: 'finding.dismiss', payload: { reason_code: reasonCode, comment } }),
    defer: (finding, { until, comment }) =>
      submit(finding, { kind: 'finding.defer', payload: { until, comment } }),
    opine: (finding, { decision, reasonCode, comment }) =>
      submit(finding, {
        kind: 'finding.opinion',
        payload: { decision, reason_code: reasonCode ?? '', comment },
      }),
  }
}

type FindingOp =
  | Pick<FindingAccept, 'kind' | 'payload'>
  | Pick<FindingDismiss, 'kind' | 'payload'>
  | Pick<FindingDefer, 'kind' | 'payload'>
  | Pick<FindingOpinion, 'kind' | 'payload'>
