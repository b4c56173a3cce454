import { startTransition, useEffect, useState, type ReactNode } from 'react'

import type { Viewer } from '@/viewer/viewer'

/** Whoever has nothing to show must not hide the panels for longer. */
const AT_MOST_MS = 400

interface AfterPictureProps {
  viewer: Viewer
  children: ReactNode
}

/** Its children come once the first picture is on the screen, without holding it up. */
export function AfterPicture({ viewer, children }: AfterPictureProps) {
  const [come, setCome] = useState(false)
  useEffect(() => {
    let handle = 0
    const arrive = () => startTransition(() => setCome(true))
    const look = () => {
      if (handle !== 0 || viewer.visibleViews.every(({ state }) => state.status !== 'ready')) return
      handle = requestAnimationFrame(() => setTimeout(arrive))
    }
    const timer = setTimeout(arrive, AT_MOST_MS)
    const stop = viewer.changed.on(look)
    look()
    return () => {
      stop()
      clearTimeout(timer)
      cancelAnimationFrame(handle)
    }
  }, [viewer])
  return come ? children : null
}
