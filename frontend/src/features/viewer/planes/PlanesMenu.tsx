import { ActionIcon, Menu } from '@mantine/core'
import { IconBox } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Viewer } from '@/viewer/viewer'
import { orientationOf, type Orientation } from '@/viewer/volume/reformat'
import type { SlabProjection } from '@/viewer/volume/sampling'

import { useViewerState } from '../useViewerState'
import classes from './planes.module.css'

const ORIENTATIONS: readonly Orientation[] = ['axial', 'coronal', 'sagittal']
const SLABS_MM = [0, 5, 10, 20, 50]
const PROJECTIONS: readonly SlabProjection[] = ['max', 'min', 'mean']

/** How the active viewport cuts its series. */
export function PlanesMenu({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('volume')
  const state = useViewerState(viewer, (v) => v.activeView?.state ?? null)
  const crosshair = useViewerState(viewer, (v) => v.planes.crosshair)
  const view = viewer.activeView
  const uid = state?.series?.series_instance_uid
  const reformat = state?.reformat ?? null
  const shown = reformat?.kind === 'plane' && state?.camera ? orientationOf(state.camera) : null
  return (
    <Menu position="top-start" closeOnItemClick disabled={!uid}>
      <Menu.Target>
        <ActionIcon
          variant={reformat ? 'light' : 'subtle'}
          color={reformat ? 'accent' : 'gray'}
          size={30}
          aria-label={t('menu.label')}
          disabled={!uid}
        >
          <IconBox size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          fw={reformat ? 400 : 600}
          onClick={() => view && viewer.planes.orient(view, null)}
        >
          {t('menu.images')}
        </Menu.Item>
        {ORIENTATIONS.map((name) => (
          <Menu.Item
            key={name}
            fw={shown === name ? 600 : 400}
            onClick={() => view && viewer.planes.orient(view, name)}
          >
            {t(`menu.${name}`)}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => uid && void viewer.planes.hangMpr(uid)}>
          {t('menu.three')}
        </Menu.Item>
        <Menu.Item
          fw={reformat?.kind === 'rotation' ? 600 : 400}
          onClick={() => view && viewer.planes.project(view)}
        >
          {t('menu.rotation')}
        </Menu.Item>
        <Menu.Divider />
        {view && reformat?.kind === 'plane' && (
          <>
            <Menu.Label id="slab">{t('menu.slab')}</Menu.Label>
            <div className={classes.choices} role="group" aria-labelledby="slab">
              {SLABS_MM.map((mm) => (
                <Choice
                  key={mm}
                  checked={reformat.slab_mm === mm}
                  name={mm === 0 ? t('menu.thin') : t('menu.mm', { mm })}
                  onChoose={() =>
                    viewer.planes.setSlab(view, { projection: reformat.projection, slab_mm: mm })
                  }
                />
              ))}
            </div>
            <Menu.Label id="projection">{t('menu.projection')}</Menu.Label>
            <div className={classes.choices} role="group" aria-labelledby="projection">
              {PROJECTIONS.map((projection) => (
                <Choice
                  key={projection}
                  checked={reformat.projection === projection}
                  disabled={reformat.slab_mm === 0}
                  name={t(`menu.${projection}`)}
                  onChoose={() =>
                    viewer.planes.setSlab(view, { projection, slab_mm: reformat.slab_mm })
                  }
                />
              ))}
            </div>
            <Menu.Divider />
          </>
        )}
        <Menu.CheckboxItem
          closeMenuOnClick={false}
          checked={crosshair !== null}
          onChange={() => viewer.planes.toggleCrosshair()}
        >
          {t('menu.crosshair')}
        </Menu.CheckboxItem>
      </Menu.Dropdown>
    </Menu>
  )
}

interface ChoiceProps {
  name: string
  checked: boolean
  disabled?: boolean
  onChoose: () => void
}

/** One of a few in a line; the menu stays, since one is often tried after the other. */
function Choice({ name, checked, disabled, onChoose }: ChoiceProps) {
  return (
    <Menu.Item
      className={classes.choice}
      role="menuitemradio"
      aria-checked={checked}
      disabled={disabled}
      closeMenuOnClick={false}
      onClick={onChoose}
    >
      {name}
    </Menu.Item>
  )
}
