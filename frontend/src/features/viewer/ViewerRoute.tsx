import { Button, SegmentedControl } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowLeft } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router-dom'

import { useCase } from '@/api/cases'
import { useDocuments } from '@/api/documents'
import { jobsKnown, useJobs } from '@/api/findings'
import { asProblem } from '@/api/problem'
import { useMe } from '@/api/session'
import { AiHiddenNote } from '@/features/ai/AiHiddenNote'
import { FindingsPanel } from '@/features/ai/FindingsPanel'
import { useFindingReview } from '@/features/ai/useFindingReview'
import { AiMark, GuiseChip, PatientLine } from '@/ui/clinical'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { isBrushTool } from '@/viewer/brush/brush'
import type { Viewer } from '@/viewer/viewer'

import { documentCount, DocumentsPanel } from './documents/DocumentsPanel'
import { DrawnPanel } from './brush/DrawnPanel'
import { REST_TRANSPORT, useDrawnRoom } from './brush/useDrawnRoom'
import { hasNoPictures } from './caseImages'
import { CaseSteps, useCaseStep } from './CaseSteps'
import { findingEdits } from './findingEdits'
import { ImageRoom } from './ImageRoom'
import { KeyImageList } from './KeyImageList'
import { LesionList } from './lesions/LesionList'
import { useRestLesions } from './lesions/useRestLesions'
import { MaskSwitch } from './MaskSwitch'
import { MeasurementList } from './MeasurementList'
import { radiotherapyCount, RadiotherapyPanel } from './rt/RadiotherapyPanel'
import { segmentCount, SegmentationList } from './SegmentationList'
import { StudyBrowser } from './StudyBrowser'
import { TourPanel } from './tours/TourPanel'
import { useTourRoom } from './tours/useTourRoom'
import { showFinding, useCaseRoom, useMeasurementWiring, type CaseRoom } from './useCaseRoom'
import { useDecisionView } from './useDecisionView'
import { useRestKeyImages } from './useRestKeyImages'
import { useRestMeasurements } from './useRestMeasurements'
import { useStagePages } from './useStagePages'
import { useViewerState } from './useViewerState'
import { PRIMED_SHELF } from './warming'
import classes from './viewer.module.css'

/** The images of one case, for one person: `/cases/:caseId/view`. */
export default function ViewerRoute() {
  const { caseId = '' } = useParams()
  return <CaseViewer key={caseId} caseId={caseId} />
}

type Panel =
  | 'measurements'
  | 'findings'
  | 'segmentations'
  | 'drawn'
  | 'radiotherapy'
  | 'documents'
  | 'views'

function CaseViewer({ caseId }: { caseId: string }) {
  const { t } = useTranslation('viewer')
  const me = useMe()
  const patientCase = useCase(caseId)
  const room = useCaseRoom(caseId, PRIMED_SHELF)
  const jobs = useJobs(caseId)
  const documents = useDocuments(caseId, room.studies)
  const [chosen, setPanel] = useState<Panel | null>(null)
  const panel = chosen ?? openingPanel(room, documentCount(documents.data))
  const [activeFinding, setActiveFinding] = useState<string | null>(null)
  const can = patientCase.data?.can ?? []
  const review = useFindingReview(can)
  const myId = me.data?.id ?? ''
  const onProblem = useCallback((error: unknown) => {
    const { detail, title } = asProblem(error)
    notifications.show({ color: 'urgent', message: detail || title })
  }, [])
  const store = useRestMeasurements(caseId, can.includes('annotate'), onProblem)
  const keyImages = useRestKeyImages(caseId, can.includes('annotate'), onProblem)
  const lesions = useRestLesions(caseId, can.includes('annotate'), onProblem)
  useMeasurementWiring(room.viewer, store, myId)
  const drawn = useDrawnRoom({
    caseId,
    room,
    mayDraw: store.write !== null,
    me: { id: myId, discipline: me.data?.discipline ?? '' },
    transport: REST_TRANSPORT,
    lease: null,
    onProblem,
  })
  useBrushPanel(room.viewer, () => setPanel('drawn'))
  const keptView = useDecisionView(caseId, room)
  useStagePages(caseId, room)
  const tours = useTourRoom({
    caseId,
    room,
    mayWrite: can.includes('annotate') && can.includes('view_identified'),
    myId,
    purpose: 'review',
    onProblem,
  })
  useFirstHanging(room, setActiveFinding, keptView.expected || tours.expected)
  const stepCase = useCaseStep(caseId)

  if (patientCase.error && !patientCase.data) {
    return (
      <div className={classes.alone}>
        <h1 className="c-visually-hidden">{t('devices:room.title')}</h1>
        <ProblemNotice problem={patientCase.error} onRetry={() => void patientCase.refetch()} />
      </div>
    )
  }
  const unreviewed = room.findings.filter((finding) => finding.state === 'unreviewed').length
  const header = (
    <header className={classes.header}>
      <Button
        component={Link}
        to={`/cases/${caseId}`}
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconArrowLeft size={15} />}
      >
        {t('room.back')}
      </Button>
      <CaseSteps onStep={stepCase} />
      {patientCase.data && (
        <>
          <PatientLine patient={patientCase.data.patient} />
          <GuiseChip guise={patientCase.data.guise} />
          <span className={classes.question} title={patientCase.data.clinical_question}>
            {patientCase.data.clinical_question}
          </span>
        </>
      )}
      <span className={classes.grow} />
      {unreviewed > 0 && <AiMark count={unreviewed} />}
    </header>
  )
  const rtCount = radiotherapyCount(room.rt)
  const tab = (name: Panel, count: number) => (
    <span className={classes.tab}>
      {name === 'views'
        ? t('replay:tour.tab')
        : name === 'documents'
        ? t('documents:tab')
        : name === 'radiotherapy'
          ? t('radiotherapy:panel')
          : t(`panel.${name}`)}{' '}
      <span className={classes.tabCount}>{count}</span>
    </span>
  )
  const right = (
    <>
      <SegmentedControl
        fullWidth
        size="xs"
        className={classes.tabs}
        withItemsBorders={false}
        value={panel}
        onChange={(value) => setPanel(value as Panel)}
        data={[
          { value: 'findings', label: tab('findings', room.findings.length) },
          { value: 'measurements', label: tab('measurements', store.items.length) },
          { value: 'segmentations', label: tab('segmentations', segmentCount(room.segmentations)) },
          { value: 'drawn', label: tab('drawn', drawn.list.length) },
          ...(rtCount > 0 ? [{ value: 'radiotherapy', label: tab('radiotherapy', rtCount) }] : []),
          { value: 'documents', label: tab('documents', documentCount(documents.data)) },
          { value: 'views', label: tab('views', tours.tours.length) },
        ]}
      />
      {panel === 'measurements' && (
        <>
          <MeasurementList viewer={room.viewer} store={store} myId={myId} lesions={lesions} />
          <LesionList
            viewer={room.viewer}
            store={store}
            lesions={lesions}
            studies={room.studies}
          />
          <KeyImageList viewer={room.viewer} store={keyImages} />
        </>
      )}
      {panel === 'radiotherapy' && (
        <RadiotherapyPanel caseId={caseId} rt={room.rt} viewer={room.viewer} />
      )}
      {panel === 'documents' && (
        <DocumentsPanel caseId={caseId} viewer={room.viewer} studies={room.studies} />
      )}
      {panel === 'views' && <TourPanel caseId={caseId} tours={tours} />}
      {panel === 'drawn' && <DrawnPanel room={room} drawn={drawn} />}
      {panel === 'segmentations' && <SegmentationList room={room} />}
      {panel === 'findings' && room.aiHidden && <AiHiddenNote />}
      {panel === 'findings' && !room.aiHidden && (
        <>
          <MaskSwitch room={room} />
          <FindingsPanel
            findings={[...room.findings]}
            jobs={jobsKnown(jobs)}
            studies={room.studies}
            activeFindingId={activeFinding}
            review={review}
            edits={findingEdits(room, drawn, () => setPanel('drawn'))}
            onShow={(finding) => {
              setActiveFinding(finding.id)
              void showFinding(room, finding)
            }}
            dense
          />
        </>
      )}
    </>
  )
  return (
    <ImageRoom
      caseId={caseId}
      viewer={room.viewer}
      studies={room.studies}
      shownMasks={room.shownMasks}
      store={store}
      keyImages={keyImages}
      lesions={lesions}
      hanging={room.hanging}
      onStepCase={stepCase}
      views={tours.steps}
      strokes={drawn.drawing}
      deidentified={patientCase.data?.guise === 'deidentified'}
      header={header}
      notice={keptView.notice}
      left={
        <StudyBrowser
          viewer={room.viewer}
          pixels={room.pixels}
          studies={room.studies}
          registrations={room.registrations}
        />
      }
      right={right}
    />
  )
}

/** Where there is no image to look at, what there is instead lies open. */
function openingPanel({ studies, segmentations }: CaseRoom, documents: number): Panel {
  if (!hasNoPictures(studies)) return 'findings'
  if (documents > 0) return 'documents'
  return segmentations.length > 0 ? 'segmentations' : 'findings'
}

/** Whoever takes a brush wants to see what is painted on. */
function useBrushPanel(viewer: Viewer, open: () => void): void {
  const holds = useViewerState(viewer, (v) => isBrushTool(v.tool))
  const latest = useRef(open)
  useEffect(() => {
    latest.current = open
  })
  useEffect(() => {
    if (holds) latest.current()
  }, [holds])
}

/** Opens what the address asks for, else the default hanging; once. */
function useFirstHanging(
  room: CaseRoom,
  onFinding: (id: string) => void,
  hasView: boolean,
): void {
  const [search] = useSearchParams()
  const done = useRef(false)
  const { viewer, findings, hanging } = room
  const wantedSeries = search.get('series')
  const wantedFinding = search.get('finding')
  useEffect(() => {
    if (done.current || hasView) return
    const finding = findings.find((entry) => entry.id === wantedFinding)
    if (wantedFinding !== null && finding === undefined) return
    if (finding !== undefined && viewer.library.has(finding.series_instance_uid)) {
      done.current = true
      onFinding(finding.id)
      void showFinding(room, finding)
      return
    }
    if (wantedSeries !== null && viewer.library.has(wantedSeries)) {
      done.current = true
      void viewer.show(0, wantedSeries, 'program')
      return
    }
    if (hanging.open()) done.current = true
  }, [room, viewer, findings, hanging, wantedSeries, wantedFinding, onFinding, hasView])
}
