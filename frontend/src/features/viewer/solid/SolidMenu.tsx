import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { IconCube3dSphere } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { hangSolid, showSolid } from '@/viewer/solid/commands'
import { presetsOf } from '@/viewer/solid/presets'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'

/** What the active viewport shows in 3D. */
export function SolidMenu({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('solid')
  const state = useViewerState(viewer, (v) => v.activeView?.state ?? null)
  const view = viewer.activeView
  const presets = presetsOf(state?.series ?? null)
  const solid = state?.reformat?.kind === 'solid' ? state.reformat : null
  return (
    <Menu position="top-start" disabled={presets.length === 0}>
      <Menu.Target>
        <Tooltip label={t('menu.hint')}>
          <ActionIcon
            variant={solid ? 'light' : 'subtle'}
            color={solid ? 'accent' : 'gray'}
            size={30}
            aria-label={t('menu.label')}
            disabled={presets.length === 0}
          >
            <IconCube3dSphere size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          fw={state?.reformat ? 400 : 600}
          onClick={() => view && viewer.planes.orient(view, null)}
        >
          {t('menu.images')}
        </Menu.Item>
        <Menu.Item onClick={() => void hangSolid(viewer)}>{t('menu.three')}</Menu.Item>
        <Menu.Label>{t('menu.presets')}</Menu.Label>
        {presets.map((preset) => (
          <Menu.Item
            key={preset}
            fw={solid?.preset === preset ? 600 : 400}
            onClick={() => view && showSolid(view, preset)}
          >
            {t(`preset.${preset}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
