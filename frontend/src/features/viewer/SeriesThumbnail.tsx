import { IconPhotoOff } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

import type { Series } from '@/api/types'

import { isPicture, type StudyPixels } from './caseImages'
import classes from './panels.module.css'

const SIZE_PX = 56

/** A series in small. Its picture needs the ticket's header, so it is drawn, not linked. */
export function SeriesThumbnail({ pixels, series }: { pixels: StudyPixels; series: Series }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [failed, setFailed] = useState(!isPicture(series))
  const uid = series.series_instance_uid
  useEffect(() => {
    if (failed) return
    const abort = new AbortController()
    const draw = async () => {
      const base = await pixels.baseOf(uid)
      const response = await pixels.access.read(`${base}/thumbnail`, abort.signal)
      const picture = await createImageBitmap(await response.blob())
      const context = canvas.current?.getContext('2d')
      if (!context || abort.signal.aborted) return
      const scale = Math.min(SIZE_PX / picture.width, SIZE_PX / picture.height) * 2
      const [width, height] = [picture.width * scale, picture.height * scale]
      context.drawImage(picture, SIZE_PX - width / 2, SIZE_PX - height / 2, width, height)
    }
    draw().catch(() => {
      if (!abort.signal.aborted) setFailed(true)
    })
    return () => abort.abort()
  }, [pixels, uid, failed])
  if (failed) {
    return (
      <span className={classes.thumbnail}>
        <IconPhotoOff size={20} stroke={1.4} aria-hidden />
      </span>
    )
  }
  return (
    <canvas
      ref={canvas}
      className={classes.thumbnail}
      width={SIZE_PX * 2}
      height={SIZE_PX * 2}
      aria-hidden
    />
  )
}
