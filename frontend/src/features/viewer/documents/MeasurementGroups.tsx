import { Switch } from '@mantine/core'
import { IconFocus2 } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { OpenedDocument } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import panels from '../panels.module.css'
import { useViewerState } from '../useViewerState'
import classes from './documents.module.css'
import { goToImage, isHere } from './goTo'
import { nameOf } from './layers'

type Group = OpenedDocument['groups'][number]

interface MeasurementGroupsProps {
  viewer: Viewer
  document: OpenedDocument
}

/** What a report measured: each finding with its values, and the way to its image. */
export function MeasurementGroups({ viewer, document }: MeasurementGroupsProps) {
  const { t } = useTranslation('documents')
  const isDrawn = useViewerState(viewer, (v) => v.graphics.shownIds.has(document.id))
  const hasRegions = document.groups.some((group) => group.regions.length > 0)
  return (
    <section aria-label={t('measurements')}>
      {hasRegions && (
        <Switch
          size="xs"
          my={6}
          label={t('drawOnImages')}
          checked={isDrawn}
          onChange={(event) => viewer.graphics.show(document.id, event.currentTarget.checked)}
        />
      )}
      <ul className={panels.list}>
        {document.groups.map((group, at) => (
          <GroupRow key={at} viewer={viewer} document={document} group={group} />
        ))}
      </ul>
    </section>
  )
}

function GroupRow({ viewer, document, group }: MeasurementGroupsProps & { group: Group }) {
  const { t } = useTranslation('documents')
  const images = [...group.regions.flatMap((region) => region.images), ...group.images]
  const target = images.find((image) => isHere(viewer, image))
  const name = nameOf(group) || t('untitled')
  const go = async () => {
    if (group.regions.length > 0) viewer.graphics.show(document.id, true)
    if (target) await goToImage(viewer, target)
  }
  return (
    <li className={classes.group} data-group={group.tracking_id}>
      <button
        type="button"
        className={classes.groupHead}
        disabled={!target}
        title={target ? t('goTo') : t('notHere')}
        onClick={() => void go()}
      >
        {target && <IconFocus2 size={14} aria-hidden />}
        <span className={panels.rowText}>
          <span className={panels.strong}>{name}</span>
          <span className={panels.dim}>
            {[group.category, group.tracking_id !== name && group.tracking_id, group.method]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
      </button>
      <dl className={classes.values}>
        {group.values.map((value, at) => (
          <div key={at}>
            <dt>{[value.name, value.derivation].filter(Boolean).join(' · ')}</dt>
            <dd className="c-figures">
              {value.value} {value.unit}
            </dd>
          </div>
        ))}
      </dl>
      {images.length > 0 && !target && <p className={panels.tileWarning}>{t('notHere')}</p>}
      {group.unreadable > 0 && (
        <p className={panels.tileWarning}>{t('unreadable', { count: group.unreadable })}</p>
      )}
    </li>
  )
}
