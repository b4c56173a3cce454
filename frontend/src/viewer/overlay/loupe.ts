import type { Vec2 } from '@/geometry'

import type { StackView } from '../stackView'

const SIZE_PX = 180
const ENLARGED = 2.5

/** A round piece of the picture, enlarged, under the pointer. Only on this screen. */
export class Loupe {
  private readonly canvas = document.createElement('canvas')
  private readonly host: HTMLElement

  constructor(host: HTMLElement) {
    this.host = host
    this.canvas.className = 'vw-loupe'
    this.canvas.hidden = true
    this.canvas.setAttribute('aria-hidden', 'true')
    host.append(this.canvas)
  }

  show(view: StackView, [x, y]: Vec2): void {
    const picture = view.canvas()
    const context = this.canvas.getContext('2d')
    if (picture === null || context === null || picture.width === 0) return this.hide()
    const ratio = window.devicePixelRatio
    const scale = picture.width / view.size.width
    const seen = (SIZE_PX / ENLARGED) * scale
    this.canvas.width = this.canvas.height = Math.round(SIZE_PX * ratio)
    context.fillStyle = '#000'
    context.fillRect(0, 0, this.canvas.width, this.canvas.height)
    context.imageSmoothingQuality = 'high'
    context.drawImage(
      picture,
      x * scale - seen / 2,
      y * scale - seen / 2,
      seen,
      seen,
      0,
      0,
      this.canvas.width,
      this.canvas.height,
    )
    Object.assign(this.canvas.style, {
      width: `${SIZE_PX}px`,
      height: `${SIZE_PX}px`,
      left: `${x - SIZE_PX / 2}px`,
      top: `${y - SIZE_PX / 2}px`,
    })
    this.canvas.hidden = false
    this.host.dataset.loupe = 'true'
  }

  hide(): void {
    this.canvas.hidden = true
    delete this.host.dataset.loupe
  }

  dispose(): void {
    this.canvas.remove()
  }
}
