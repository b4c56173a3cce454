import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { IconCheck, IconLink, IconLinkOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { LINK_KINDS } from '@/viewer/linking'
import type { Viewer } from '@/viewer/viewer'

import { useKeyHints } from '../bindings'
import { useViewerState } from '../useViewerState'
import classes from '../viewer.module.css'

/** What the viewports do together, and the lines that show where the others cut. */
export function LinkMenu({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation('hanging')
  const keyOf = useKeyHints()
  const [opened, setOpened] = useState(false)
  const links = useViewerState(viewer, (v) => LINK_KINDS.filter((kind) => v.linker.has(kind)).join(' '))
  const lines = useViewerState(viewer, (v) => v.linker.showsLines)
  const comparing = useViewerState(viewer, (v) => v.comparison.chosen)
  const check = (on: boolean) => (on ? <IconCheck size={14} /> : <span className={classes.noCheck} />)
  const Symbol = links === '' ? IconLinkOff : IconLink
  return (
    <Menu position="top-start" closeOnItemClick={false} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <Tooltip label={t('link.menu')} disabled={opened}>
          <ActionIcon
            variant={links === '' ? 'subtle' : 'light'}
            color={links === '' ? 'gray' : 'accent'}
            size={30}
            aria-label={t('link.menu')}
          >
            <Symbol size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {LINK_KINDS.map((kind) => (
          <Menu.Item
            key={kind}
            role="menuitemcheckbox"
            aria-checked={links.includes(kind)}
            leftSection={check(links.includes(kind))}
            rightSection={kind === 'scroll' ? <kbd className={classes.key}>{keyOf('link')}</kbd> : undefined}
            onClick={() => viewer.linker.toggle(kind)}
          >
            {t(`link.${kind}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={lines}
          leftSection={check(lines)}
          rightSection={<kbd className={classes.key}>{keyOf('referenceLines')}</kbd>}
          onClick={() => viewer.linker.setLines(!lines)}
        >
          {t('link.lines')}
        </Menu.Item>
        {comparing && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => viewer.comparison.choose(false, 'user')}>
              {t('comparison.end')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
