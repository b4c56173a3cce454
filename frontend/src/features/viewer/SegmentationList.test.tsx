import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { Problem } from '@/api/problem'
import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding, aSegment, aSegmentation } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { findingLayers, segmentColour, segmentLayers } from './maskLayers'
import { segmentCount, SegmentationList } from './SegmentationList'
import type { CaseRoom } from './useCaseRoom'

const aRoom = (part: Partial<CaseRoom> = {}): CaseRoom =>
  ({
    segmentations: [aSegmentation()],
    segmentationsProblem: null,
    visibleMasks: new Set<string>(),
    failedMasks: new Set<string>(),
    showMasks: vi.fn(),
    ...part,
  }) as unknown as CaseRoom

const two = aSegmentation({
  segments: [aSegment(), aSegment({ number: 2, label: 'Lesion', unreviewed: true, algorithm_type: 'AUTOMATIC', algorithm_name: 'OtherAI' })],
})
const LIVER = 'segment:seg-1:1:series-1'
const LESION = 'segment:seg-1:2:series-1'

it('lists every segment with its number, name and origin, all of them off', async () => {
  const { container } = renderScreen(<SegmentationList room={aRoom({ segmentations: [two] })} />)
  const [liver, lesion] = screen.getAllByRole('listitem')
  expect(liver).toHaveTextContent('1Liver')
  expect(liver).toHaveTextContent('By hand')
  expect(lesion).toHaveTextContent('2Lesion')
  expect(lesion).toHaveTextContent('Automatic · OtherAI')
  expect(screen.getByText('AI, unreviewed')).toBeInTheDocument()
  for (const box of screen.getAllByRole('checkbox')) expect(box).not.toBeChecked()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('shows one, or all, with the keyboard alone', async () => {
  const room = aRoom({ segmentations: [two], visibleMasks: new Set([LIVER]) })
  renderScreen(<SegmentationList room={room} />)
  expect(screen.getByRole('checkbox', { name: 'Show Liver' })).toBeChecked()
  await userEvent.tab()
  await userEvent.keyboard(' ')
  expect(room.showMasks).toHaveBeenLastCalledWith([LIVER, LESION], true)
  await userEvent.tab()
  await userEvent.keyboard(' ')
  expect(room.showMasks).toHaveBeenLastCalledWith([LIVER], false)
})

it('says why nothing is drawn, and offers nothing to switch', () => {
  const problem = { code: 'geometry_differs', message: 'The server says.', severity: 'error' as const }
  const one = aSegmentation({ problems: [problem], segments: [aSegment({ masks: [] })] })
  renderScreen(<SegmentationList room={aRoom({ segmentations: [one] })} />)
  expect(screen.getByRole('alert')).toHaveTextContent('not resampled, so it is not drawn')
  expect(screen.getByRole('checkbox', { name: 'Show Liver' })).toBeDisabled()
  expect(screen.queryByRole('switch')).not.toBeInTheDocument()
})

it('shows a finding’s own segmentation as that, never a second time', () => {
  const own = aSegmentation({ finding: { finding: 'finding-1', state: 'accepted' }, segments: [aSegment({ masks: [] })] })
  renderScreen(<SegmentationList room={aRoom({ segmentations: [own] })} />)
  expect(screen.getByRole('region', { name: 'Organs' })).toHaveTextContent('The outline of a finding')
  expect(screen.queryByRole('listitem')).not.toBeInTheDocument()
  expect(segmentCount([own, two])).toBe(2)
})

it('tells empty from failed', async () => {
  const { unmount } = renderScreen(<SegmentationList room={aRoom({ segmentations: [] })} />)
  expect(screen.getByText('No segmentations among the images of this case.')).toBeInTheDocument()
  unmount()
  const retry = vi.fn()
  const error = new Problem({ title: 'Unavailable', status: 503, code: 'unavailable' })
  renderScreen(<SegmentationList room={aRoom({ segmentations: [], segmentationsProblem: { error, retry } })} />)
  await userEvent.click(screen.getByRole('button', { name: /retry/i }))
  expect(retry).toHaveBeenCalledOnce()
})

it('says of a shown segment that its outline could not be read', () => {
  const room = aRoom({ visibleMasks: new Set([LIVER]), failedMasks: new Set([LIVER]) })
  renderScreen(<SegmentationList room={room} />)
  expect(within(screen.getByRole('listitem')).getByRole('alert')).toHaveTextContent('could not be read')
})

it('lays a mask per series, hatched while unreviewed, tagged by number and name', () => {
  expect(segmentLayers(two, aSegment({ unreviewed: true }))).toEqual([
    expect.objectContaining({ id: LIVER, tag: '1 Liver', unreviewed: true, series_instance_uid: '1.2.3.4' }),
  ])
  expect(findingLayers([aFinding(), aFinding({ state: 'dismissed' })])).toHaveLength(1)
})

it('keeps a bright colour, lifts a dark one and chooses one where none is recommended', () => {
  expect(segmentColour(aSegment({ colour: '#28c85a' }))).toBe('#28c85a')
  const lifted = segmentColour(aSegment({ colour: '#000000' }))
  expect(parseInt(lifted.slice(1, 3), 16)).toBeGreaterThanOrEqual(90)
  const chosen = [1, 2, 3].map((number) => segmentColour(aSegment({ number, colour: null })))
  expect(new Set(chosen).size).toBe(3)
})
