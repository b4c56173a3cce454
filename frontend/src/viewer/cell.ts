import { isBrushTool } from './brush/brush'
import { drawBrush } from './brush/cursor'
import type { Preview } from './drawing'
import { Interaction } from './interaction'
import { drawCalls, type Call } from './overlay/calls'
import { drawBox } from './overlay/box'
import { drawCrosshair } from './overlay/crosshair'
import { drawCursor } from './overlay/cursor'
import { drawFurniture } from './overlay/furniture'
import { drawGraphics } from './overlay/graphics'
import { paintMasks } from './overlay/maskPainter'
import { drawMeasurement, keepWordsInside, shapesOn } from './overlay/measurements'
import { drawOnlookers } from './overlay/onlookers'
import { drawPointers, type RemotePointer } from './overlay/pointers'
import { drawPresented } from './overlay/presented'
import { drawReferenceLines, referenceLines } from './overlay/referenceLines'
import { element } from './overlay/svg'
import { RtLayer } from './rt/layer'
import { showSurfaces } from './solid/surfaces'
import type { StackView } from './stackView'
import type { Viewer } from './viewer'

const PREVIEW_COLOUR = 'var(--vw-preview, #ffd54a)'

/** The name of whoever calls stands at the call; once is enough. */
const unnamed = (pointers: readonly RemotePointer[], calls: readonly Call[]): RemotePointer[] =>
  pointers.map((one) => (calls.some(({ user }) => user === one.user) ? { ...one, name: '' } : one))

/** One viewport on the screen: the picture, the masks, the drawings, and the hands on it. */
export class Cell {
  private readonly picture = document.createElement('div')
  private readonly maskCanvas = document.createElement('canvas')
  private readonly drawing = element('svg', { class: 'vw-drawing', 'aria-hidden': 'true' })
  private readonly rt: RtLayer
  private readonly interaction: Interaction
  private readonly stops: (() => void)[]
  private frameHandle = 0
  private readonly viewer: Viewer
  private readonly view: StackView

  constructor(host: HTMLElement, viewer: Viewer, view: StackView) {
    this.viewer = viewer
    this.view = view
    this.picture.className = 'vw-picture'
    this.maskCanvas.className = 'vw-masks'
    host.append(this.picture)
    this.rt = new RtLayer(host, viewer, view)
    host.append(this.maskCanvas, this.drawing)
    this.interaction = new Interaction(host, viewer, view, () => this.schedule())
    view.attach(this.picture)
    this.stops = [
      view.drawn.on(() => this.schedule()),
      view.changed.on(() => this.schedule()),
      viewer.overlaysChanged.on(() => this.schedule()),
      // Lines of the other viewports move with their planes.
      viewer.changed.on(() => this.schedule()),
      viewer.brush.changed.on(() => this.schedule()),
    ]
    this.schedule()
  }

  dispose(): void {
    cancelAnimationFrame(this.frameHandle)
    for (const stop of this.stops) stop()
    this.interaction.dispose()
    this.view.detach()
    this.rt.dispose()
    this.picture.remove()
    this.maskCanvas.remove()
    this.drawing.remove()
  }

  cancel(): void {
    this.interaction.cancel()
  }

  private schedule(): void {
    if (this.frameHandle !== 0) return
    this.frameHandle = requestAnimationFrame(() => {
      this.frameHandle = 0
      this.draw()
    })
  }

  private draw(): void {
    const { viewer, view } = this
    this.rt.draw()
    showSurfaces(view, viewer)
    paintMasks(this.maskCanvas, view, viewer.masks, viewer.visibleMasks)
    const preview = this.interaction.preview ?? viewer.drawing.preview(view)
    const measurements = shapesOn(view, viewer.measurements)
      .filter(({ measurement }) => measurement.id !== preview?.id)
      .map((shape) => drawMeasurement(shape, shape.measurement.id === viewer.selected))
    this.drawing.replaceChildren(
      ...drawGraphics(view, viewer.graphics.layers),
      ...drawFurniture(view),
      ...drawCrosshair(viewer, view),
      ...drawBox(viewer, view),
      ...this.drawReferenceLines(),
      ...measurements,
      ...this.drawPreview(preview),
      ...drawCursor(view, viewer.drawing.cursor(view)),
      ...this.drawPeople(),
      ...(isBrushTool(viewer.tool) ? drawBrush(view, viewer, this.interaction.brushAt) : []),
    )
    keepWordsInside(this.drawing)
  }

  private drawPeople(): SVGElement[] {
    const { view } = this
    const { people, registrations } = this.viewer
    const presented = people.presented
    const viewport = presented?.viewports[this.viewer.views.indexOf(view)] ?? null
    const hasWords = people.pointers.length > 0
    return [
      ...(presented ? drawPresented(view, viewport, presented.name) : []),
      ...drawOnlookers(view, people.onlookers),
      ...drawCalls(view, people.calls, registrations),
      ...drawPointers(view, unnamed(people.pointers, people.calls), registrations, {
        hand: people.handIn(view),
        // A projector's letters are larger, and so is the room that a name takes.
        letter_px: hasWords ? parseFloat(getComputedStyle(this.drawing).fontSize) || 13 : 13,
      }),
    ]
  }

  private drawReferenceLines(): SVGElement[] {
    const { viewer, view } = this
    if (!viewer.linker.showsLines || viewer.maximised !== null) return []
    // The lines of the crosshair are there already.
    if (viewer.planes.crosshair !== null) return []
    const { visibleViews, activeView, registrations } = viewer
    return drawReferenceLines(view, referenceLines(view, visibleViews, activeView, registrations))
  }

  private drawPreview(preview: Preview | null): SVGElement[] {
    if (preview === null) return []
    const points_px = preview.points
      .map((point) => this.view.patientToCanvas(point))
      .filter((point) => point !== null)
    const measurement = {
      id: 'preview',
      kind: preview.kind,
      sop_instance_uid: null,
      frame: 1,
      frame_of_reference_uid: null,
      points_lps: preview.points,
      points_image: null,
      text: preview.text,
      caption: '',
      colour: PREVIEW_COLOUR,
      pending: true,
      editable: false,
    }
    return [drawMeasurement({ measurement, points_px }, true)]
  }
}
