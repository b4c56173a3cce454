import { Tooltip } from '@mantine/core'
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router-dom'

import type { Me } from '@/api/types'
import { usePreferences } from '@/ui/preferences'

import { destinations } from './navigation'
import classes from './Shell.module.css'

export function NavRail({ me, folded }: { me: Me; folded: boolean }) {
  const { t } = useTranslation()
  const { pathname } = useLocation()
  const setFolded = usePreferences((state) => state.setRailFolded)
  const FoldIcon = folded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse
  const foldLabel = folded ? t('nav.unfold') : t('nav.fold')
  return (
    <nav className={classes.rail} aria-label={t('nav.label')}>
      {destinations
        .filter((destination) => destination.visibleTo(me))
        .map(({ key, to, also, icon: Icon, hotkey }) => (
          <Tooltip key={key} label={t('nav.hint', { name: t(`nav.${key}`), key: hotkey })} position="right" disabled={!folded}>
            <Link to={to} className={classes.link} aria-label={t(`nav.${key}`)} aria-current={isHere(pathname, to, also) ? 'page' : undefined}>
              <Icon size={18} stroke={1.7} aria-hidden />
              <span>{t(`nav.${key}`)}</span>
            </Link>
          </Tooltip>
        ))}
      <div className={classes.spacer} />
      <button type="button" className={classes.link} onClick={() => setFolded(!folded)} aria-label={foldLabel}>
        <FoldIcon size={18} stroke={1.7} aria-hidden />
        <span>{foldLabel}</span>
      </button>
    </nav>
  )
}

/** On the screen itself, below its address, or on one that is reached from it. */
const isHere = (pathname: string, to: string, also?: string): boolean =>
  [to, also].some((place) => place !== undefined && (pathname === place || (place !== '/' && pathname.startsWith(`${place}/`))))
