import type { StackView } from '../stackView'
import type { Viewer } from '../viewer'
import { paintRadiotherapy } from './painter'

/** Structures and dose over one viewport, and the dose under the pointer. */
export class RtLayer {
  private readonly canvas = document.createElement('canvas')
  private readonly readout = document.createElement('div')
  private readonly host: HTMLElement
  private readonly viewer: Viewer
  private readonly view: StackView
  private pointer: [number, number] | null = null
  private isBlank = true

  constructor(host: HTMLElement, viewer: Viewer, view: StackView) {
    this.host = host
    this.viewer = viewer
    this.view = view
    this.canvas.className = 'vw-rt'
    this.readout.className = 'vw-dose'
    host.append(this.canvas, this.readout)
    host.addEventListener('pointermove', this.moved)
    host.addEventListener('pointerleave', this.left)
  }

  draw(): void {
    const { rt } = this.viewer
    const isBlank = rt.names.length === 0
    if (!isBlank || !this.isBlank) {
      paintRadiotherapy(this.canvas, this.view, rt, this.viewer.registrations)
    }
    this.isBlank = isBlank
    this.tell()
  }

  dispose(): void {
    this.host.removeEventListener('pointermove', this.moved)
    this.host.removeEventListener('pointerleave', this.left)
    this.canvas.remove()
    this.readout.remove()
  }

  private readonly moved = (event: PointerEvent): void => {
    const box = this.host.getBoundingClientRect()
    this.pointer = [event.clientX - box.left, event.clientY - box.top]
    this.tell()
  }

  private readonly left = (): void => {
    this.pointer = null
    this.tell()
  }

  private tell(): void {
    const { rt } = this.viewer
    const isProjection = this.view.state.reformat?.kind === 'rotation'
    const point = this.pointer && rt.dose && !isProjection && this.view.canvasToPatient(this.pointer)
    const space = this.view.state.series?.frame_of_reference_uid ?? null
    const gray = point ? rt.doseAt(point, space, this.viewer.registrations) : null
    this.readout.textContent = gray === null ? '' : `${rt.look.word} ${gray.toFixed(2)} Gy`.trim()
  }
}
