import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { IconDeviceFloppy, IconLayoutBoard, IconSettings } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Hanging } from '@/api/hangings'
import type { Viewer } from '@/viewer/viewer'

import { useViewerState } from '../useViewerState'
import classes from '../viewer.module.css'
import { appliedOf } from './applied'
import { LayoutManager } from './LayoutManager'
import { idOf } from './match'
import { SaveLayout } from './SaveLayout'
import type { HangingControl } from './useHanging'
import { useHangingName } from './useHangingName'

interface HangingMenuProps {
  viewer: Viewer
  control: HangingControl
}

/** The layouts that fit this case, one's own and the board's, and the way to keep this one. */
export function HangingMenu({ viewer, control }: HangingMenuProps) {
  const { t } = useTranslation('hanging')
  const nameOf = useHangingName()
  const [dialog, setDialog] = useState<'save' | 'manage' | null>(null)
  const [opened, setOpened] = useState(false)
  const now = useViewerState(viewer, appliedOf)
  const fitting = new Set(control.matches.map(({ hanging }) => hanging))
  const saved = control.hangings.filter((one) => one.source !== 'builtin' && !fitting.has(one))
  const item = (hanging: Hanging, why: string) => (
    <Menu.Item
      key={idOf(hanging)}
      aria-current={hanging === now?.match.hanging || undefined}
      fw={hanging === now?.match.hanging ? 600 : 400}
      onClick={() => control.choose(hanging)}
    >
      {nameOf(hanging)}
      <div className={classes.dim}>{why}</div>
    </Menu.Item>
  )
  return (
    <>
      <Menu position="top-start" width={320} opened={opened} onChange={setOpened}>
        <Menu.Target>
          <Tooltip label={now ? nameOf(now.match.hanging) : t('menu.open')} disabled={opened}>
            <ActionIcon variant="subtle" color="gray" size={30} aria-label={t('menu.open')}>
              <IconLayoutBoard size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
          <Menu.Label>{t('menu.fitting')}</Menu.Label>
          {control.matches.map(({ hanging, reasons }) =>
            item(
              hanging,
              [t(`source.${hanging.source}`, { board: hanging.board_name }), ...reasons.map((one) => t(`reason.${one}`))].join(' · '),
            ),
          )}
          {saved.length > 0 && <Menu.Label>{t('menu.others')}</Menu.Label>}
          {saved.map((one) => item(one, t(`source.${one.source}`, { board: one.board_name })))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconDeviceFloppy size={16} />} onClick={() => setDialog('save')}>
            {t('menu.save')}
          </Menu.Item>
          <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => setDialog('manage')}>
            {t('menu.manage')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === 'save' && (
        <SaveLayout viewer={viewer} control={control} onClose={() => setDialog(null)} />
      )}
      {dialog === 'manage' && (
        <LayoutManager viewer={viewer} control={control} onClose={() => setDialog(null)} />
      )}
    </>
  )
}
