import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import {
  IconAngle,
  IconArrowUpRight,
  IconCircle,
  IconFocus2,
  IconLasso,
  IconLetterC,
  IconRectangle,
  IconShape,
  IconStar,
  IconTag,
  IconZoomScan,
  type Icon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { isMeasuring, type MeasurementKind } from '@/viewer/tools'
import type { Viewer } from '@/viewer/viewer'

import { useKeyHints } from './bindings'
import { perform, type RoomActions } from './keyboard'
import { useActionName } from './useActionName'
import { useViewerState } from './useViewerState'
import classes from './viewer.module.css'

type ToolInMenu = 'magnify' | Exclude<MeasurementKind, 'length' | 'bidirectional'>

const TOOLS: readonly (readonly [ToolInMenu, Icon])[] = [
  ['probe', IconFocus2],
  ['ellipse', IconCircle],
  ['rectangle', IconRectangle],
  ['freehand', IconLasso],
  ['angle', IconAngle],
  ['cobb', IconLetterC],
  ['arrow', IconArrowUpRight],
  ['magnify', IconZoomScan],
]

const ACTS = [
  ['label', IconTag],
  ['keyImage', IconStar],
] as const

interface ToolMenuProps {
  viewer: Viewer
  room: RoomActions
  mayDraw: boolean
}

/** The tools without a button of their own, each with its key. */
export function ToolMenu({ viewer, room, mayDraw }: ToolMenuProps) {
  const { t } = useTranslation('tools')
  const nameOf = useActionName()
  const keyOf = useKeyHints()
  const tool = useViewerState(viewer, (v) => v.tool)
  const chosen = TOOLS.find(([name]) => name === tool)
  const Symbol = chosen?.[1] ?? IconShape
  const name = chosen ? t('menu.chosen', { tool: nameOf(chosen[0]) }) : t('menu.label')
  const key = (hint: string) => <kbd className={classes.key}>{hint}</kbd>
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Tooltip label={name}>
          <ActionIcon
            variant={chosen ? 'light' : 'subtle'}
            color={chosen ? 'accent' : 'gray'}
            size={30}
            aria-label={name}
          >
            <Symbol size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {TOOLS.filter(([one]) => mayDraw || !isMeasuring(one)).map(([one, Sign]) => (
          <Menu.Item
            key={one}
            leftSection={<Sign size={16} stroke={1.6} />}
            rightSection={key(keyOf(one))}
            onClick={() => viewer.setTool(one)}
          >
            {nameOf(one)}
          </Menu.Item>
        ))}
        {mayDraw && <Menu.Divider />}
        {mayDraw &&
          ACTS.map(([action, Sign]) => (
            <Menu.Item
              key={action}
              leftSection={<Sign size={16} stroke={1.6} />}
              rightSection={key(keyOf(action))}
              onClick={() => perform(action, viewer, room)}
            >
              {nameOf(action)}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  )
}
