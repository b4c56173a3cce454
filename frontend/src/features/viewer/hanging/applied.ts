import type { Display } from '@/api/hangings'
import type { Viewer } from '@/viewer/viewer'
import { CT_PRESETS } from '@/viewer/voi'
import type { Cause, StackView } from '@/viewer/stackView'
import { prefersReducedMotion } from '@/viewer/cine'

import type { Match, PlannedCell } from './match'

/** What hangs on a screen now. */
export interface Applied {
  readonly match: Match
  readonly step: number
  /** Viewport -> the kind that is not to be had here, and the series it was asked for. */
  readonly missing: ReadonlyMap<number, { readonly display: Display; readonly series: string }>
}

/** Shows a series in another way than as a stack; false where it cannot. */
export type DisplayServer = (
  viewer: Viewer,
  index: number,
  planned: PlannedCell,
  cause: Cause,
) => Promise<boolean>

const servers = new Map<Display, DisplayServer>()

/** Viewports of other kinds (planes, fusions, projections) make themselves known here. */
export function serveDisplay(display: Display, server: DisplayServer): void {
  servers.set(display, server)
}

const applied = new WeakMap<Viewer, Applied>()

export const appliedOf = (viewer: Viewer): Applied | null => applied.get(viewer) ?? null

/** Hangs one step of a protocol. */
export async function applyStep(
  viewer: Viewer,
  match: Match,
  at: number,
  cause: Cause,
): Promise<void> {
  const planned = match.steps[at]
  if (planned === undefined) return
  const { step, rows, columns, cells } = planned
  applied.set(viewer, { match, step: at, missing: new Map() })
  viewer.setLayout({ rows, columns }, cause)
  viewer.linker.setLinks([], null)
  viewer.setActive(0, cause)
  viewer.visibleViews.forEach((view, index) => {
    if (cells[index]?.series) return
    viewer.supersede(index)
    view.clear('empty', cause)
  })
  const leaders = leadersOf(viewer, cells)
  // All are asked for before any has come: no view waits for another.
  const arrivals = cells.map((cell, index) => hangCell(viewer, cell, index, cause))
  const groups = viewer.visibleViews.map((_, index) => cells[index]?.cell.link_group ?? null)
  viewer.linker.setLinks(step.links ?? [], groups, leaders)
  viewer.linker.setLines(step.reference_lines)
  await Promise.all(arrivals)
  viewer.linker.endOpening(leaders)
}

/**
 * Of each group of linked cells the one whose place and scale the others open with: what already
 * shows its series, for somebody may have scrolled there; else the one that the protocol names;
 * else the first.
 */
function leadersOf(viewer: Viewer, cells: readonly PlannedCell[]): StackView[] {
  const linked = cells.flatMap(({ cell, series }, index) => {
    const view = viewer.views[index]
    const isShown = view?.state.series?.series_instance_uid === series?.uid && !view?.state.reformat
    return view && series && cell.link_group ? [{ view, cell, isShown }] : []
  })
  const groups = [...new Set(linked.map(({ cell }) => cell.link_group))]
  return groups.flatMap((group) => {
    const members = linked.filter(({ cell }) => cell.link_group === group)
    const shown = members.filter((one) => one.isShown)
    const leader = (shown.length > 0 ? shown : members).find(({ cell }) => cell.leads)
    return (leader ?? shown[0] ?? members[0])?.view ?? []
  })
}

async function hangCell(
  viewer: Viewer,
  planned: PlannedCell,
  index: number,
  cause: Cause,
): Promise<void> {
  const { cell, series } = planned
  const view = viewer.views[index]
  if (series === null || view === undefined) return
  if (cell.display !== 'stack') {
    const server = servers.get(cell.display)
    if (server !== undefined && (await server(viewer, index, planned, cause))) {
      setWindow(view, cell, cause)
      return
    }
    note(viewer, index, cell.display, series.uid)
  }
  if (!(await viewer.show(index, series.uid, cause))) return
  view.setReformat(null, cause)
  view.setFusion(null, null, cause)
  setWindow(view, cell, cause)
  if (cell.cine && !prefersReducedMotion()) viewer.cine.play(view)
}

function note(viewer: Viewer, index: number, display: Display, series: string): void {
  const before = applied.get(viewer)
  if (before === undefined) return
  const missing = new Map(before.missing).set(index, { display, series })
  applied.set(viewer, { ...before, missing })
}

function setWindow(view: StackView, cell: PlannedCell['cell'], cause: Cause): void {
  const unit = view.state.series?.unit
  const invert = view.state.voi?.invert ?? false
  const preset = unit === 'HU' ? CT_PRESETS.find(({ name }) => name === cell.preset) : undefined
  const range = cell.window ?? preset?.range
  if (range) view.setVoi({ lower: range.lower, upper: range.upper, invert }, cause)
}

/** The kind that this viewport was to have; null once something else is shown in it. */
export function missingDisplay(viewer: Viewer, view: StackView): Display | null {
  const missing = applied.get(viewer)?.missing.get(viewer.views.indexOf(view))
  return missing?.series === view.state.series?.series_instance_uid ? (missing?.display ?? null) : null
}
