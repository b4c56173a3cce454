import { useElementSize } from '@mantine/hooks'
import { Loader } from '@mantine/core'
import { IconAlertTriangle, IconFileAlert, IconUserExclamation } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo, useRef, type PointerEvent, type WheelEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { usePage, usePageText } from '@/api/documents'
import { asProblem } from '@/api/problem'
import type { Study } from '@/api/types'
import { formatDate } from '@/ui/format'
import type { ShownDocument } from '@/viewer/documents'
import type { Viewer } from '@/viewer/viewer'

import { DocumentBar } from './DocumentBar'
import classes from './documents.module.css'

/** What the server draws; the next larger one than the place needs. */
const WIDTHS = [1000, 1600, 2400]
const LARGEST = 2400

interface DocumentCellProps {
  viewer: Viewer
  index: number
  shown: ShownDocument
  deidentified: boolean
  studies: readonly Study[]
}

/** A page of a document in a viewport, drawn by the server; it has words for who listens. */
export function DocumentCell({ viewer, index, shown, deidentified, studies }: DocumentCellProps) {
  const { t } = useTranslation('documents')
  const { ref, width, height } = useElementSize()
  const wanted = width * shown.zoom * (window.devicePixelRatio || 1)
  const drawn = WIDTHS.find((one) => one >= wanted) ?? LARGEST
  const { data, error } = usePage(shown.page_url, shown.page, drawn)
  const text = usePageText(shown.page_url, shown.page, !deidentified && data !== undefined)
  const pages = data?.pages ?? null
  useEffect(() => {
    if (pages !== null) viewer.documents.setPages(index, pages)
  }, [viewer, index, pages])
  const onShape = useCallback(
    (ratio: number) => {
      if (width > 0 && height > 0) viewer.documents.measure(index, ratio, width / height)
    },
    [viewer, index, width, height],
  )
  const url = useObjectUrl(data?.picture)
  const study = studies.find((one) => one.study_instance_uid === shown.study_instance_uid)
  const onWheel = (event: WheelEvent) => {
    if (event.ctrlKey) viewer.documents.zoom(index, event.deltaY < 0 ? 1.15 : 1 / 1.15)
    else if (shown.zoom > 1) viewer.documents.pan(index, [0, event.deltaY / (height * shown.zoom)])
    else viewer.documents.step(index, event.deltaY > 0 ? 1 : -1)
  }
  return (
    <div className={classes.cell} data-testid="document" data-page={shown.page}>
      <DocumentBar viewer={viewer} index={index} shown={shown} study={study} />
      {study?.mismatch_confirmed && (
        <div className={classes.bar} data-testid="other-identity">
          <IconUserExclamation size={13} aria-hidden /> {t('viewer:banner.otherIdentity')}
        </div>
      )}
      <div ref={ref} className={classes.paper} onWheel={onWheel} {...useDrag(viewer, index, shown)}>
        {error && <Failure error={error} />}
        {!error && !url && (
          <div className={classes.say} role="status">
            <Loader size="sm" /> {t('loading')}
          </div>
        )}
        {!error && url && (
          <Paper
            url={url}
            shown={shown}
            box={{ width, height }}
            onShape={onShape}
            alt={t('pageAlt', { page: shown.page, title: shown.title })}
          />
        )}
        {text.data && (
          <div className={classes.forListeners} role="document" aria-label={t('pageText')}>
            {text.data.text}
          </div>
        )}
      </div>
      <span className={classes.forListeners}>{formatDate(shown.date)}</span>
    </div>
  )
}

interface PaperProps {
  url: string
  shown: ShownDocument
  box: { width: number; height: number }
  alt: string
  /** Width over height of the page, once it is there. */
  onShape: (ratio: number) => void
}

/** The page fits the viewport at zoom 1; what is in the middle is a part of the page. */
function Paper({ url, shown, box, alt, onShape }: PaperProps) {
  const image = useRef<HTMLImageElement>(null)
  const place = () => {
    const page = image.current
    if (page === null || page.naturalWidth === 0) return
    onShape(page.naturalWidth / page.naturalHeight)
    const fit = Math.min(box.width / page.naturalWidth, box.height / page.naturalHeight)
    const [width, height] = [page.naturalWidth * fit * shown.zoom, page.naturalHeight * fit * shown.zoom]
    page.style.width = `${width}px`
    page.style.height = `${height}px`
    page.style.left = `${box.width / 2 - shown.centre[0] * width}px`
    page.style.top = `${box.height / 2 - shown.centre[1] * height}px`
  }
  useEffect(place)
  return <img ref={image} src={url} alt={alt} draggable={false} onLoad={place} />
}

function Failure({ error }: { error: Error }) {
  const { t } = useTranslation('documents')
  const { code, detail, title } = asProblem(error)
  return (
    <div className={classes.say} role="alert">
      <IconFileAlert size={22} aria-hidden />
      <strong>{t('failed')}</strong>
      <span>
        <IconAlertTriangle size={13} aria-hidden />{' '}
        {t(`code.${code}` as 'code.pdf_unreadable', { defaultValue: detail || title })}
      </span>
    </div>
  )
}

function useObjectUrl(picture: Blob | undefined): string | null {
  const url = useMemo(() => (picture ? URL.createObjectURL(picture) : null), [picture])
  useEffect(
    () => () => {
      if (url !== null) URL.revokeObjectURL(url)
    },
    [url],
  )
  return url
}

/** Dragging moves the enlarged page under the pointer. */
function useDrag(viewer: Viewer, index: number, shown: ShownDocument) {
  const last = useRef<{ x: number; y: number } | null>(null)
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      viewer.setActive(index, 'user')
      last.current = { x: event.clientX, y: event.clientY }
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      const image = event.currentTarget.querySelector('img')
      if (last.current === null || image === null || shown.zoom === 1) return
      const across = (last.current.x - event.clientX) / image.clientWidth
      const down = (last.current.y - event.clientY) / image.clientHeight
      last.current = { x: event.clientX, y: event.clientY }
      viewer.documents.pan(index, [across, down])
    },
    onPointerUp: () => {
      last.current = null
    },
    onPointerCancel: () => {
      last.current = null
    },
  }
}
