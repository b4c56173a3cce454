import { Kbd } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Outlet, useLocation, useNavigate } from 'react-router-dom'

import type { Me } from '@/api/types'
import { Mark } from '@/ui/Mark'
import { usePreferences } from '@/ui/preferences'
import { isTyping } from '@/ui/useListKeys'


import { prefetchViewerCode } from '../priming'
import { destinations } from './navigation'
import { NavRail } from './NavRail'
import classes from './Shell.module.css'
import { StatusStrip } from './StatusStrip'
import { useScreenFocus } from './useScreenFocus'
import { UserMenu } from './UserMenu'

const CommandPalette = lazy(() => import('./CommandPalette').then((module) => ({ default: module.CommandPalette })))
const DeviceStatus = lazy(() => import('@/features/viewer/DeviceStatus'))
const UrgencyNotices = lazy(() => import('@/features/urgency/UrgencyNotices'))
const UrgencyWaiting = lazy(() => import('@/features/urgency/UrgencyWaiting'))
const CHORD_MS = 900

/** `g` then a letter jumps to a screen, as the rail's tooltips say. */
function useScreenChords(me: Me): void {
  const navigate = useNavigate()
  const armedAt = useRef(0)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.key === 'g') {
        armedAt.current = performance.now()
        return
      }
      if (performance.now() - armedAt.current > CHORD_MS) return
      armedAt.current = 0
      const target = destinations.find((entry) => entry.hotkey === event.key && entry.visibleTo(me))
      if (!target) return
      event.preventDefault()
      event.stopImmediatePropagation()
      void navigate(target.to)
    }
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [me, navigate])
}

/** The frame of every screen except the two that belong to the images. */
export function Shell({ me }: { me: Me }) {
  const { t } = useTranslation()
  const narrow = useMediaQuery('(max-width: 1180px)') ?? false
  const folded = usePreferences((state) => state.railFolded) || narrow
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  useScreenChords(me)
  useEffect(prefetchViewerCode, [])
  useScreenFocus(main)
  useEffect(() => {
    main.current?.scrollTo({ top: 0 })
  }, [pathname])
  return (
    <div className={`${classes.shell} ${folded ? classes.folded : ''}`}>
      <a href="#main" className={classes.skip}>
        {t('nav.skip')}
      </a>
      {/* No <header>: every dialog of the UI kit brings one, and a page has one banner. */}
      <div className={classes.top} role="region" aria-label={t('app.name')}>
        <Link to="/" className={classes.brand}>
          <Mark />
          {t('app.name')}
        </Link>
        <button type="button" className={classes.search} onClick={spotlight.open}>
          <IconSearch size={15} aria-hidden />
          <span>{t('palette.open')}</span>
          <Kbd size="xs">{isApple ? t('palette.keysApple') : t('palette.keys')}</Kbd>
        </button>
        <div className={classes.right}>
          <UserMenu me={me} />
        </div>
      </div>
      <div className={classes.notices}>
        <Suspense fallback={null}>
          <UrgencyNotices />
        </Suspense>
      </div>
      <NavRail me={me} folded={folded} />
      <main id="main" ref={main} className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <StatusStrip />
      <Suspense fallback={null}>
        <CommandPalette me={me} />
      </Suspense>
    </div>
  )
}

/** The viewer of one person; in the room and on its second windows others look on. */
const OWN_READING = /^\/cases\/[^/]+\/view$/
const isApple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The frame of the viewer and the live room: nothing but the images and the strip. */
export function BareShell() {
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  useScreenFocus(main)
  return (
    <div className={classes.bare}>
      <main ref={main} className={classes.bareMain} tabIndex={-1}>
        <Outlet />
      </main>
      <StatusStrip>
        <Suspense fallback={null}>
          <DeviceStatus />
          {OWN_READING.test(pathname) && <UrgencyWaiting />}
        </Suspense>
      </StatusStrip>
    </div>
  )
}
