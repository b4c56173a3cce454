import { IconAlertTriangle, IconEyeOff, IconSparkles, IconTestPipe, IconUserExclamation } from '@tabler/icons-react'
import { Fragment, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Study } from '@/api/types'
import { formatDate } from '@/ui/format'
import type { FrameDescription, SeriesDescription } from '@/viewer/frames'
import { loadedCount } from '@/viewer/prefetch'
import type { StackDescription } from '@/viewer/stacks'
import type { StackView } from '@/viewer/stackView'
import type { Viewer } from '@/viewer/viewer'

import type { KeyImageStore } from './keyImageStore'
import { CellNotes, ComparisonMark } from './hanging/CellNotes'
import type { MaskLayer } from './maskLayers'
import { PlaneNotes } from './planes/PlaneNotes'
import safety from './safety.module.css'
import { DeviceLines, Laterality, SeriesName, SlicePlace, WarningCount } from './safetyLines'
import { SlideNotes } from './SlideNotes'
import { StackSwitch } from './StackSwitch'
import { useViewerState } from './useViewerState'
import { ViewportMarks } from './ViewportMarks'
import { lengthsWithin, windowWords } from './viewportWords'
import classes from './viewer.module.css'

/** What the case says of the pictures in its viewports. */
export interface ViewportFacts {
  readonly deidentified: boolean
  readonly shownMasks: readonly MaskLayer[]
  readonly studies: readonly Study[]
  readonly keyImages: KeyImageStore
}

interface ViewportBannerProps extends ViewportFacts {
  viewer: Viewer
  view: StackView
  /** Controls that stand above the words at the foot. */
  children?: ReactNode
}

/** Whose picture this is, in the four corners: no picture is ever without it. */
export function ViewportBanner(props: ViewportBannerProps) {
  const { viewer, view, deidentified, shownMasks, studies, keyImages } = props
  const { t } = useTranslation('viewer')
  const state = useViewerState(viewer, () => view.state)
  const stack = useViewerState(viewer, () => view.stack)
  const loaded = useViewerState(viewer, () =>
    view.state.series ? loadedCount(view.state.series, view.stack) : 0,
  )
  const { series, shown_index } = state
  if (series === null || stack === null) return null
  const total = stack.count
  const isInStack = state.reformat === null && shown_index !== null && shown_index >= stack.start && shown_index < stack.start + total
  const frame = view.shownFrame
  const aiUnreviewed =
    viewer.graphics.isUnreviewedOn(frame) ||
    shownMasks.some(
      (mask) => mask.unreviewed && mask.series_instance_uid === series.series_instance_uid,
    )
  // The study names another patient than the case; somebody confirmed that it is the same one.
  const otherIdentity = studies.some(
    (study) =>
      study.mismatch_confirmed && study.study_instance_uid === series.study_instance_uid,
  )
  return (
    <>
      <div className={safety.top}>
        <div className={safety.block} data-testid="patient-banner">
          <Patient series={series} deidentified={deidentified} />
          {otherIdentity && (
            <div className={classes.warning} data-testid="other-identity">
              <IconUserExclamation size={13} aria-hidden /> {t('banner.otherIdentity')}
            </div>
          )}
          <ComparisonMark viewer={viewer} />
          {series.synthetic && (
            <div className={classes.flag}>
              <IconTestPipe size={13} aria-hidden /> {t('banner.synthetic')}
            </div>
          )}
        </div>
        <div className={`${safety.block} ${safety.end}`} data-testid="series-banner">
          <div className={classes.strong}>
            {series.modality} {formatDate(series.study_date)}
          </div>
          <SeriesName series={series} />
          <Laterality frame={frame} />
          {series.stacks.length > 1 && (
            <StackSwitch view={view} stacks={series.stacks} stack={stack} />
          )}
          <RegisteredBy viewer={viewer} view={view} />
          <CellNotes viewer={viewer} view={view} />
          {aiUnreviewed && (
            <div className={classes.aiFlag} data-testid="ai-unreviewed">
              <IconSparkles size={13} aria-hidden /> {t('banner.aiUnreviewed')}
            </div>
          )}
        </div>
      </div>
      <div className={safety.foot}>
        {props.children}
        <div className={safety.bottom}>
          <ViewportMarks viewer={viewer} view={view} keyImages={keyImages} />
          <DeviceLines view={view} />
          <Warnings series={series} stack={stack} frame={frame} />
          {/* A preset has colours of its own: the window says nothing of a 3D picture. */}
          {state.reformat?.kind !== 'solid' && <WindowLine view={view} />}
          <PlaneNotes viewer={viewer} view={view} />
          <SlideNotes viewer={viewer} view={view} />
          {isInStack && (
            <div data-testid="slice">
              {t('banner.slice', { number: shown_index - stack.start + 1, count: total })}
              <SlicePlace view={view} />
              {frame?.slice_thickness_mm ? (
                <span className={safety.lesser}>
                  {` · ${t('banner.thickness', { mm: Number(frame.slice_thickness_mm.toFixed(2)) })}`}
                </span>
              ) : null}
            </div>
          )}
        </div>
      </div>
      {loaded < total && (
        <progress
          className={classes.progress}
          value={loaded}
          max={total}
          aria-label={t('banner.loading', { loaded, count: total })}
        />
      )}
    </>
  )
}

function Patient({ series, deidentified }: { series: SeriesDescription; deidentified: boolean }) {
  const { t } = useTranslation('viewer')
  const { patient } = series
  const hidden = deidentified || patient.deidentified
  return (
    <>
      <div className={classes.strong}>{patient.name || t('banner.noName')}</div>
      <div>
        {[
          patient.birth_date && t('banner.born', { date: formatDate(patient.birth_date) }),
          patient.sex,
          patient.patient_id && t('banner.id', { id: patient.patient_id }),
        ]
          .filter(Boolean)
          .map((part, at) => (
            <Fragment key={part}>
              {at > 0 && ' · '}
              <span className={safety.part}>{part}</span>
            </Fragment>
          ))}
      </div>
      {hidden && (
        <div className={classes.flag}>
          <IconEyeOff size={13} aria-hidden /> {t('banner.deidentified')}
        </div>
      )}
    </>
  )
}

/** Whose registration brings positions of other scans here. */
function RegisteredBy({ viewer, view }: { viewer: Viewer; view: StackView }) {
  const { t } = useTranslation('viewer')
  const by = useViewerState(viewer, (v) => v.registeredBy(view))
  if (by === null) return null
  const name = by.name || t('registration.unnamed')
  return (
    <>
      <div data-testid="registered">
        {t('registration.by', { name, date: by.date && formatDate(by.date) })}
      </div>
      {by.contradicted && (
        <div className={classes.warning}>
          <IconAlertTriangle size={13} aria-hidden /> {t('registration.contradicted')}
        </div>
      )}
    </>
  )
}

interface WarningsProps {
  series: SeriesDescription
  stack: StackDescription
  frame: FrameDescription | null
}

function Warnings({ series, stack, frame }: WarningsProps) {
  const { t } = useTranslation('viewer')
  const words = [
    series.suv_refusal && t(`suv.${series.suv_refusal}`, { unit: series.unit }),
    series.lossy !== null && t('banner.lossy', { ratio: series.lossy }),
    frame?.plane_lps === null && t(lengthsWithin(frame)),
    ...stack.warnings.filter(({ code }) => code !== 'no_patient_space').map((one) => one.message),
  ].filter(Boolean)
  return (
    <>
      {words.map((line) => (
        <div key={String(line)} className={`${classes.warning} ${safety.warningText}`}>
          <IconAlertTriangle size={13} aria-hidden /> {line}
        </div>
      ))}
      {words.length > 0 && <WarningCount count={words.length} />}
    </>
  )
}

function WindowLine({ view }: { view: StackView }) {
  const { t } = useTranslation('viewer')
  const words = windowWords(view)
  if (words === null) return null
  return (
    <div data-testid="window" className={safety.lesser}>
      {words.asRange ? t('banner.range', { ...words }) : t('banner.window', { ...words })}
    </div>
  )
}
