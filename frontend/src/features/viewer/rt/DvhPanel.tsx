import { useTranslation } from 'react-i18next'

import { useDvhs } from '@/api/radiotherapy'
import { asProblem } from '@/api/problem'
import type { Dvh, Radiotherapy, StructureRegion, StructureSet } from '@/api/types'
import { doseId, structureId } from '@/viewer/stage'

import { DvhChart, type DvhCurve } from './DvhChart'
import { regionColour, type RtRoom } from './useRadiotherapy'
import classes from '../panels.module.css'

interface Asked {
  readonly set: StructureSet
  readonly region: StructureRegion
}

const AREAS_FIRST = 12

/** Histograms of the structures that are switched on, in the dose that is switched on. */
export function DvhPanel({ caseId, rt }: { caseId: string; rt: RtRoom }) {
  const { t } = useTranslation('radiotherapy')
  const dose = rt.objects.doses.find((one) => rt.shown.has(doseId(one.id))) ?? null
  const asked = dose === null ? [] : shownRegions(rt.objects, rt.shown, dose.frame_of_reference_uid)
  const answers = useDvhs(
    caseId,
    dose?.id ?? null,
    asked.map(({ set, region }) => ({ structureSet: set.id, number: region.number })),
  )
  if (rt.objects.doses.length === 0) return null
  const rows = asked.map((one, index) => ({ ...one, answer: answers[index] }))
  const curves = rows.flatMap(({ region, answer }): DvhCurve[] =>
    answer?.data ? [{ dvh: answer.data, colour: regionColour(region) }] : [],
  )
  return (
    <section className={classes.segmentation} aria-label={t('dvh.title')} data-testid="dvh">
      <header className={classes.segmentationHead}>
        <span className={classes.strong}>{t('dvh.title')}</span>
      </header>
      {rows.length === 0 && <p className={classes.segmentationNote}>{t('dvh.choose')}</p>}
      {curves.length > 0 && <DvhChart curves={curves} />}
      {curves.length > 0 && <DvhTable curves={curves} />}
      {rows.map(({ set, region, answer }) => (
        <p
          key={structureId(set.id, region.number)}
          className={classes.segmentationNote}
          role={answer?.error ? 'alert' : undefined}
          hidden={!answer?.error && !answer?.isPending}
        >
          {region.name}: {answer?.error ? asProblem(answer.error).detail : t('dvh.computing')}
        </p>
      ))}
    </section>
  )
}

function shownRegions(
  { structure_sets }: Radiotherapy,
  shown: ReadonlySet<string>,
  space: string,
): Asked[] {
  return structure_sets
    .flatMap((set) => set.regions.map((region) => ({ set, region })))
    .filter(
      ({ set, region }) =>
        shown.has(structureId(set.id, region.number)) && region.frame_of_reference_uid === space,
    )
    .slice(0, AREAS_FIRST)
}

const FIGURES = [
  ['volume', (dvh: Dvh) => dvh.volume_ml],
  ['mean', (dvh: Dvh) => dvh.mean_gy],
  ['min', (dvh: Dvh) => dvh.minimum_gy],
  ['max', (dvh: Dvh) => dvh.maximum_gy],
  ['d95', (dvh: Dvh) => dvh.d95_gy],
  ['d2', (dvh: Dvh) => dvh.d2_gy],
  ['v20', (dvh: Dvh) => dvh.v20_percent],
] as const

/** The same in figures: what the curves say, for whoever does not see them. */
function DvhTable({ curves }: { curves: readonly DvhCurve[] }) {
  const { t } = useTranslation('radiotherapy')
  return (
    <div className={classes.rtTable} tabIndex={0} role="region" aria-label={t('dvh.figures')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('dvh.structure')}</th>
            {FIGURES.map(([name]) => (
              <th key={name} scope="col">
                {t(`dvh.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {curves.map(({ dvh, colour }) => (
            <tr key={`${dvh.number} ${dvh.name}`} data-region={dvh.name}>
              <th scope="row">
                <span className={classes.rtSwatch} style={{ background: colour }} /> {dvh.name}
              </th>
              {FIGURES.map(([name, read]) => (
                <td key={name} data-figure={name}>
                  {read(dvh).toFixed(1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {curves.map(({ dvh }) => (
        <DvhRemarks key={`${dvh.number} ${dvh.name}`} dvh={dvh} />
      ))}
    </div>
  )
}

/** What is beyond the dose grid, and what the file's own histogram says. */
function DvhRemarks({ dvh }: { dvh: Dvh }) {
  const { t } = useTranslation('radiotherapy')
  const beyond = (dvh.outside_ml / dvh.volume_ml) * 100
  return (
    <>
      {beyond >= 0.1 && (
        <p className={classes.segmentationNote}>
          {t('dvh.beyond', { name: dvh.name, percent: beyond.toFixed(1) })}
        </p>
      )}
      {dvh.stored.map((one, index) => (
        <p key={index} className={classes.segmentationNote}>
          {t('dvh.stored', {
            name: dvh.name,
            unit: one.dose_units === 'GY' ? 'Gy' : one.dose_units,
            mean: one.mean ?? '–',
            min: one.minimum ?? '–',
            max: one.maximum ?? '–',
          })}
        </p>
      ))}
    </>
  )
}
