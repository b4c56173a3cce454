import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowForwardUp, IconBrush, IconCopy, IconPlus } from '@tabler/icons-react'
import { useEffect, useReducer } from 'react'
import { useTranslation } from 'react-i18next'

import type { CaseRoom } from '../useCaseRoom'
import { BrushControls } from './BrushControls'
import { copyMask } from './copying'
import { DrawnSection } from './DrawnSection'
import type { DrawnRoom } from './useDrawnRoom'
import panel from '../panels.module.css'
import classes from './brush.module.css'

interface DrawnPanelProps {
  room: CaseRoom
  drawn: DrawnRoom
}

/** What people drew in this case: begin, paint, name, show, remove. */
export function DrawnPanel({ room, drawn }: DrawnPanelProps) {
  const { t } = useTranslation('brush')
  const { drawing, list, mayDraw, target } = drawn
  const [, render] = useReducer((count: number) => count + 1, 0)
  useEffect(() => drawing.changed.on(render), [drawing])
  useEffect(
    () =>
      room.viewer.brush.refused.on((reason) =>
        notifications.show({ id: 'brush-refused', message: t(`refused.${reason}`) }),
      ),
    [room.viewer, t],
  )
  return (
    <div className={classes.panel} data-testid="drawn-panel">
      {mayDraw && (
        <div className={classes.acts}>
          <Button
            size="compact-sm"
            variant="light"
            leftSection={<IconPlus size={15} />}
            onClick={() => {
              void drawn.begin(t('lesion'))
              if (room.viewer.tool !== 'threshold') room.viewer.setTool('brush')
            }}
          >
            {t('new')}
          </Button>
          <CopyMenu room={room} drawn={drawn} />
          <span className={classes.grow} />
          <Act
            name={t('undo')}
            icon={<IconArrowBackUp size={17} />}
            off={!drawing.canUndo}
            onPress={() => void drawing.undo()}
          />
          <Act
            name={t('redo')}
            icon={<IconArrowForwardUp size={17} />}
            off={!drawing.canRedo}
            onPress={() => void drawing.redo()}
          />
        </div>
      )}
      {target !== null && <BrushControls viewer={room.viewer} />}
      {target !== null && (
        <p className={classes.state} role="status">
          <IconBrush size={13} aria-hidden /> {t(drawing.pending ? 'saving' : 'saved')}
        </p>
      )}
      {list.length === 0 && (
        <p className={panel.empty}>{t(mayDraw ? 'none' : 'noneReadOnly')}</p>
      )}
      {list.map((one) => (
        <DrawnSection key={one.id} room={room} drawn={drawn} one={one} />
      ))}
    </div>
  )
}

interface ActProps {
  name: string
  icon: React.ReactNode
  off: boolean
  onPress: () => void
}

function Act({ name, icon, off, onPress }: ActProps) {
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" size={26} aria-label={name} disabled={off} onClick={onPress}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

/** Masks that are on the screen now, findings' and segments'; the copy is the person's own. */
function CopyMenu({ room, drawn }: DrawnPanelProps) {
  const { t } = useTranslation('brush')
  const { viewer, shownMasks, findings } = room
  const choices = shownMasks
    .filter(({ id }) => viewer.masks.volumeOf(id) !== null)
    .map((layer) => {
      const finding = findings.find(({ id }) => id === layer.id)
      return { layer, label: finding?.label ?? layer.tag ?? t('lesion') }
    })
  return (
    <Menu position="bottom-start" disabled={choices.length === 0}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          title={t('copyHint')}
          disabled={choices.length === 0}
          leftSection={<IconCopy size={15} />}
        >
          {t('copy')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ layer, label }) => (
          <Menu.Item key={layer.id} onClick={() => void copyMask(room, drawn, layer, label)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
