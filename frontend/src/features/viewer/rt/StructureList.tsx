import { Checkbox, Slider, Switch } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StructureRegion, StructureSet } from '@/api/types'
import { formatDate } from '@/ui/format'
import { structureId } from '@/viewer/stage'
import type { Viewer } from '@/viewer/viewer'

import { RtProblems } from './RtProblems'
import { goToRegion, regionColour, type RtRoom } from './useRadiotherapy'
import { useRegionVolume, useRtLook } from './useRtLook'
import classes from '../panels.module.css'

interface StructureListProps {
  rt: RtRoom
  viewer: Viewer
}

/** The structure sets of the case, each with its regions to switch on and to go to. */
export function StructureList({ rt, viewer }: StructureListProps) {
  const { t } = useTranslation('radiotherapy')
  const [look, setLook] = useRtLook(viewer)
  if (rt.objects.structure_sets.length === 0) return null
  return (
    <>
      <div className={classes.rtLook}>
        <Switch
          size="xs"
          label={t('structures.fill')}
          checked={look.isFilled}
          onChange={(event) => setLook({ isFilled: event.currentTarget.checked })}
        />
        <Slider
          size="xs"
          className={classes.rtSlider}
          min={0.1}
          max={1}
          step={0.05}
          value={look.opacity}
          thumbLabel={t('opacity')}
          label={(value) => `${Math.round(value * 100)} %`}
          onChange={(opacity) => setLook({ opacity })}
        />
      </div>
      {rt.objects.structure_sets.map((set) => (
        <StructureSetSection key={set.id} rt={rt} viewer={viewer} set={set} />
      ))}
    </>
  )
}

function StructureSetSection({ rt, viewer, set }: StructureListProps & { set: StructureSet }) {
  const { t } = useTranslation('radiotherapy')
  const name = set.label || set.description || t('structures.untitled')
  const drawn = set.regions.filter((region) => region.contours > 0)
  const ids = drawn.map((region) => structureId(set.id, region.number))
  const approval = set.approval && t(`approval.${set.approval}`, { defaultValue: set.approval })
  return (
    <section className={classes.segmentation} aria-label={name} data-structure-set={set.id}>
      <header className={classes.segmentationHead}>
        <span className={classes.rowText}>
          <span className={classes.strong}>{name}</span>
          <span className={classes.dim}>
            {[formatDate(set.date), approval].filter(Boolean).join(' · ')}
          </span>
        </span>
        {ids.length > 0 && (
          <Switch
            size="xs"
            checked={ids.every((id) => rt.shown.has(id))}
            aria-label={t('structures.showAll', { name })}
            onChange={(event) => rt.show(ids, event.currentTarget.checked)}
          />
        )}
      </header>
      <RtProblems problems={set.problems} />
      <ul className={classes.list}>
        {set.regions.map((region) => (
          <RegionRow
            key={region.number}
            rt={rt}
            viewer={viewer}
            region={region}
            id={structureId(set.id, region.number)}
          />
        ))}
      </ul>
    </section>
  )
}

interface RegionRowProps extends StructureListProps {
  region: StructureRegion
  id: string
}

function RegionRow({ rt, viewer, region, id }: RegionRowProps) {
  const { t } = useTranslation('radiotherapy')
  const { name, number, interpreted_type, contours } = region
  const isEmpty = contours === 0
  const volume_ml = useRegionVolume(viewer, id)
  const words = [
    interpreted_type && t(`type.${interpreted_type}`, { defaultValue: interpreted_type }),
    isEmpty ? t('structures.nothing') : t('structures.contours', { count: contours }),
    volume_ml !== null && t('structures.volume', { ml: volume_ml.toFixed(1) }),
  ]
  return (
    <li className={classes.row}>
      <Checkbox
        size="xs"
        checked={rt.shown.has(id)}
        disabled={isEmpty}
        aria-label={t('structures.show', { name })}
        onChange={(event) => rt.show([id], event.currentTarget.checked)}
      />
      <button
        type="button"
        className={classes.rowMain}
        disabled={isEmpty}
        title={t('structures.goTo', { name })}
        onClick={() => void goToRegion(rt, viewer, id).catch(() => undefined)}
      >
        <span
          className={classes.segmentNumber}
          style={{ '--segment': regionColour(region) } as React.CSSProperties}
        >
          {number}
        </span>
        <span className={classes.rowText}>
          <span className={classes.strong}>{name}</span>
          <span className={classes.dim}>{words.filter(Boolean).join(' · ')}</span>
          {rt.failed.has(id) && (
            <span className={classes.tileWarning} role="alert">
              <IconAlertTriangle size={12} aria-hidden /> {t('structures.failed')}
            </span>
          )}
        </span>
      </button>
    </li>
  )
}
