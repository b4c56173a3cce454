import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { renderScreen } from '@/app/testing/render'
import type { MeasurementBody } from '@/protocol/generated'
import { lesion, measurement } from '@/protocol/testing'
import { Signal } from '@/viewer/signal'
import type { Viewer } from '@/viewer/viewer'

import { MeasurementRow } from '../MeasurementRow'
import type { MeasurementStore } from '../measurementStore'
import { AssignDialog } from './AssignDialog'
import { LesionList } from './LesionList'
import type { LesionStore } from './lesionStore'

const T1 = lesion('t1', { label: 'segment VII' })
const NODE = lesion('n2', { number: 2, role: 'non_target', site: 'lymph_node', is_node: true })

const measured = (id: string, study: string, size: number, parts: Partial<MeasurementBody> = {}) => ({
  ...measurement(id, 1, size),
  study_instance_uid: study,
  ...parts,
})

function aStore(items: MeasurementBody[]) {
  const assign = vi.fn()
  const store = { items, pending: [], write: { assign } } as unknown as MeasurementStore
  return { store, assign }
}

function aLesionStore(items: LesionStore['items']) {
  const write = { create: vi.fn().mockResolvedValue(true), revise: vi.fn(), remove: vi.fn() }
  return { lesions: { items, write } satisfies LesionStore, write }
}

const aViewer = () => {
  const prefetcher = { progressed: new Signal() }
  const viewer = {
    changed: new Signal(),
    prefetcher,
    selected: null,
    select: vi.fn(),
    jumpTo: vi.fn(),
  }
  return viewer as unknown as Viewer & typeof viewer
}

const STUDIES = [
  { study_instance_uid: '1.2', study_date: '2026-11-03' },
  { study_instance_uid: '1.1', study_date: '2026-02-01' },
]

it('lists lesions with what was measured, oldest study first, and goes there', async () => {
  const viewer = aViewer()
  const now = measured('now', '1.2', 32, { lesion: 't1' })
  const { store } = aStore([now, measured('then', '1.1', 24, { lesion: 't1' })])
  const onChoose = vi.fn()
  const { lesions } = aLesionStore([T1, NODE])
  const { container } = renderScreen(
    <LesionList viewer={viewer} store={store} lesions={lesions} studies={STUDIES} onChoose={onChoose} />,
  )
  const [head, first, second] = screen.getAllByRole('row')
  const dates = within(head as HTMLElement).getAllByRole('columnheader').map((cell) => cell.textContent)
  expect(dates.map((date) => /Feb|Nov/.exec(date ?? '')?.[0])).toEqual([undefined, 'Feb', 'Nov'])
  expect(first).toHaveTextContent('T1Liver · segment VII · Target24.0 mm32.0 mm')
  expect(second).toHaveTextContent('NT2Lymph node · Non-target · Node––')
  await userEvent.click(screen.getByRole('button', { name: /^T1, .*: 32.0 mm/ }))
  expect(viewer.select).toHaveBeenCalledWith('now')
  expect(viewer.jumpTo).toHaveBeenCalledWith(now, [16, 0, 0])
  await userEvent.click(screen.getByRole('button', { name: /^NT2/ }))
  expect(onChoose).toHaveBeenCalledWith('n2')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('removes what nothing measures, and says why it does not remove the rest', async () => {
  const { store } = aStore([measured('now', '1.2', 32, { lesion: 't1' })])
  const { lesions, write } = aLesionStore([T1, NODE])
  renderScreen(<LesionList viewer={aViewer()} store={store} lesions={lesions} studies={STUDIES} />)
  await userEvent.click(screen.getByRole('button', { name: /Remove lesion T1.*take them from it first/ }))
  expect(write.remove).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Remove lesion NT2' }))
  expect(write.remove).toHaveBeenCalledWith('n2')
})

it('says how to begin, and to whom nothing may be named that there is none', () => {
  const { store } = aStore([])
  const { lesions } = aLesionStore([])
  const list = (one: LesionStore) => (
    <LesionList viewer={aViewer()} store={store} lesions={one} studies={STUDIES} />
  )
  const { unmount } = renderScreen(list(lesions))
  expect(screen.getByText(/press Shift\+S to say which lesion/)).toBeInTheDocument()
  unmount()
  renderScreen(list({ items: [], write: null }))
  expect(screen.getByText('No lesion has been named.')).toBeInTheDocument()
})

it('assigns with the keyboard alone, and not where the place is taken', async () => {
  const { store, assign } = aStore([
    measured('first', '1.2', 32, { lesion: 't1' }),
    measured('second', '1.2', 20),
  ])
  const { lesions } = aLesionStore([T1, NODE])
  const onClose = vi.fn()
  renderScreen(<AssignDialog id="second" store={store} lesions={lesions} onClose={onClose} />)
  const taken = screen.getByRole('button', { name: /^T1/ })
  expect(taken).toHaveTextContent('T1 · Liver · segment VIILength in this study already: 32.0 mm')
  await userEvent.click(taken)
  expect(assign).not.toHaveBeenCalled()
  taken.focus()
  await userEvent.keyboard('{ArrowDown}')
  expect(screen.getByRole('button', { name: /^NT2/ })).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(assign).toHaveBeenCalledWith('second', 'n2')
  expect(onClose).toHaveBeenCalled()
})

it('names a new lesion from where the measurement is, and assigns it once it stands', async () => {
  const { store, assign } = aStore([measured('one', '1.2', 12, { site: 'lymph_node' })])
  const { lesions, write } = aLesionStore([])
  renderScreen(<AssignDialog id="one" store={store} lesions={lesions} onClose={vi.fn()} />)
  expect(screen.getByRole('combobox', { name: 'Site' })).toHaveValue('Lymph node')
  expect(screen.getByRole('checkbox', { name: /Lymph node/ })).toBeChecked()
  await userEvent.selectOptions(screen.getByRole('combobox', { name: /Role/ }), 'Target')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  const saying = { label: '', site: 'lymph_node', role: 'target', is_node: true }
  expect(write.create).toHaveBeenCalledWith(expect.any(String), saying)
  await vi.waitFor(() => expect(assign).toHaveBeenCalledWith('one', write.create.mock.calls[0]?.[0]))
})

it('assigns nothing to a lesion that was refused', async () => {
  const { store, assign } = aStore([measured('one', '1.2', 12)])
  const { lesions, write } = aLesionStore([])
  write.create.mockResolvedValue(false)
  renderScreen(<AssignDialog id="one" store={store} lesions={lesions} onClose={vi.fn()} />)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await vi.waitFor(() => expect(write.create).toHaveBeenCalled())
  expect(assign).not.toHaveBeenCalled()
})

it('has a chip in words on the row of a measurement, to press where one may', async () => {
  const item = measured('one', '1.2', 12)
  const onAssign = vi.fn()
  const row = (lesion: string | null, act: (() => void) | null) => (
    <MeasurementRow
      item={item}
      selected={false}
      lesion={lesion}
      onShow={vi.fn()}
      onName={null}
      onRemove={null}
      onAssign={act}
    />
  )
  const { unmount } = renderScreen(row('T1 · Liver', onAssign))
  await userEvent.click(screen.getByRole('button', { name: 'Lesion of this measurement: T1 · Liver' }))
  expect(onAssign).toHaveBeenCalledOnce()
  unmount()
  const { unmount: away } = renderScreen(row('T1 · Liver', null))
  expect(screen.getByText('T1 · Liver').tagName).toBe('SPAN')
  away()
  renderScreen(row(null, onAssign))
  await userEvent.click(screen.getByRole('button', { name: 'Say which lesion this measures' }))
  expect(onAssign).toHaveBeenCalledTimes(2)
})

it('marks the lesion that the presenter talks about', () => {
  const { store } = aStore([])
  const { lesions } = aLesionStore([T1, NODE])
  renderScreen(
    <LesionList viewer={aViewer()} store={store} lesions={lesions} studies={STUDIES} talked="n2" />,
  )
  expect(screen.getByRole('button', { name: /^T1/ })).toHaveAttribute('aria-pressed', 'false')
  expect(screen.getByRole('button', { name: /^NT2/ })).toHaveAttribute('aria-pressed', 'true')
})
