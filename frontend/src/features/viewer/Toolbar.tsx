import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import {
  IconAdjustmentsHorizontal,
  IconArrowsCross,
  IconArrowsMove,
  IconBrush,
  IconColorFilter,
  IconContrast,
  IconEraser,
  IconFlipHorizontal,
  IconFocusCentered,
  IconFlipVertical,
  IconKeyboard,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconPlayerPlay,
  IconRefresh,
  IconRotateClockwise,
  IconRulerMeasure,
  IconStack2,
  IconSunHigh,
  IconZoomIn,
  type Icon,
} from '@tabler/icons-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { Study } from '@/api/types'
import { isBrushTool, type BrushTool } from '@/viewer/brush/brush'
import { isMeasuring } from '@/viewer/tools'
import type { Viewer } from '@/viewer/viewer'

import { useKeyHints } from './bindings'
import { GridPicker } from './hanging/GridPicker'
import { HangingMenu } from './hanging/HangingMenu'
import { LinkMenu } from './hanging/LinkMenu'
import type { HangingControl } from './hanging/useHanging'
import {
  applyPreset,
  perform,
  presetsFor,
  type Action,
  type RoomActions,
} from './keyboard'
import { FusionMenu } from './planes/FusionMenu'
import { PlanesMenu } from './planes/PlanesMenu'
import { SolidMenu } from './solid/SolidMenu'
import { ToolMenu } from './ToolMenu'
import { useViewerState } from './useViewerState'
import classes from './viewer.module.css'

interface ToolbarProps {
  viewer: Viewer
  room: RoomActions
  mayDraw: boolean
  studies: readonly Study[]
  hanging: HangingControl
  children?: React.ReactNode
}

/** Those that have a button of their own; the others are in the menu beside them. */
type ToolInRow =
  | 'window'
  | 'scroll'
  | 'pan'
  | 'zoom'
  | 'crosshair'
  | 'length'
  | 'bidirectional'
  | BrushTool

const TOOLS: readonly (readonly [ToolInRow, Icon])[] = [
  ['window', IconSunHigh],
  ['scroll', IconStack2],
  ['pan', IconArrowsMove],
  ['zoom', IconZoomIn],
  ['crosshair', IconFocusCentered],
  ['length', IconRulerMeasure],
  ['bidirectional', IconArrowsCross],
  ['brush', IconBrush],
  ['eraser', IconEraser],
  ['threshold', IconColorFilter],
]

const ACTS: readonly (readonly [Action, Icon])[] = [
  ['invert', IconContrast],
  ['rotateRight', IconRotateClockwise],
  ['flipHorizontal', IconFlipHorizontal],
  ['flipVertical', IconFlipVertical],
  ['reset', IconRefresh],
]


export const Toolbar = memo(function Toolbar(props: ToolbarProps) {
  const { viewer, room, mayDraw, studies, hanging, children } = props
  const { t } = useTranslation('viewer')
  const tool = useViewerState(viewer, (v) => v.tool)
  const keyOf = useKeyHints()
  return (
    <div className={classes.toolbar} role="toolbar" aria-label={t('toolbar.label')}>
      <Press
        icon={IconLayoutSidebar}
        name={t('keys.foldLeft')}
        hint={keyOf('foldLeft')}
        onPress={() => room.fold('left')}
      />
      <span className={classes.divider} />
      {TOOLS.filter(([name]) => mayDraw || !(isMeasuring(name) || isBrushTool(name))).map(([name, icon]) => (
        <Press
          key={name}
          icon={icon}
          name={t(`keys.${name}`)}
          hint={keyOf(name)}
          pressed={tool === name}
          onPress={() => perform(name, viewer, room)}
        />
      ))}
      <ToolMenu viewer={viewer} room={room} mayDraw={mayDraw} />
      <span className={classes.divider} />
      <Presets viewer={viewer} />
      {ACTS.map(([action, icon]) => (
        <Press
          key={action}
          icon={icon}
          name={t(`keys.${action}`)}
          hint={keyOf(action)}
          onPress={() => perform(action, viewer, room)}
        />
      ))}
      <span className={classes.divider} />
      <GridPicker viewer={viewer} />
      <HangingMenu viewer={viewer} control={hanging} />
      <LinkMenu viewer={viewer} />
      <PlanesMenu viewer={viewer} />
      <SolidMenu viewer={viewer} />
      <FusionMenu viewer={viewer} studies={studies} />
      <Press
        icon={IconPlayerPlay}
        name={t('keys.cine')}
        hint={keyOf('cine')}
        onPress={() => perform('cine', viewer, room)}
      />
      <Press icon={IconKeyboard} name={t('keys.help')} hint="?" onPress={room.help} />
      <span className={classes.grow} />
      {children}
      <Press
        icon={IconLayoutSidebarRight}
        name={t('keys.foldRight')}
        hint={keyOf('foldRight')}
        onPress={() => room.fold('right')}
      />
    </div>
  )
})

interface PressProps {
  icon: Icon
  name: string
  hint: string
  pressed?: boolean
  onPress: () => void
}

function Press({ icon: Symbol, name, hint, pressed, onPress }: PressProps) {
  return (
    <Tooltip label={`${name} · ${hint}`}>
      <ActionIcon
        variant={pressed ? 'light' : 'subtle'}
        color={pressed ? 'accent' : 'gray'}
        size={30}
        aria-label={name}
        aria-pressed={pressed}
        onClick={onPress}
      >
        <Symbol size={18} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  )
}

function Presets({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('viewer')
  const presets = useViewerState(viewer, presetsFor)
  return (
    <Menu position="top-start" disabled={presets.length === 0}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={30}
          aria-label={t('toolbar.presets')}
          disabled={presets.length === 0}
        >
          <IconAdjustmentsHorizontal size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {presets.map((preset, index) => (
          <Menu.Item
            key={preset.name}
            rightSection={<kbd className={classes.key}>{index + 1}</kbd>}
            onClick={() => applyPreset(viewer, preset)}
          >
            {t(`preset.${preset.name}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
