import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'
import { BoxEditor } from '@/viewer/box/boxEditor'
import type { Viewer } from '@/viewer/viewer'

import { BoxReview } from './BoxReview'

const finding = aFinding({ bbox_lps: [[0, 0, 0], [10, 20, 30]] })

function open() {
  const box = new BoxEditor()
  const onAccept = vi.fn()
  const onShow = vi.fn()
  const shown = renderScreen(<BoxReview viewer={{ box } as unknown as Viewer} finding={finding} onShow={onShow} isBusy={false} onAccept={onAccept} />)
  return { box, onAccept, onShow, ...shown }
}
const begin = () => userEvent.click(screen.getByRole('button', { name: 'Move the box of Tumour 1' }))

it('brings the detection into view and offers nothing to accept before anything moved', async () => {
  const { onShow, container } = open()
  await begin()
  expect(onShow).toHaveBeenCalledOnce()
  expect(screen.getByRole('button', { name: 'Accept the moved box of Tumour 1' })).toBeDisabled()
  expect(await accessibilityFaults(container)).toEqual([])
})

it('moves a face outward by the arrow keys alone, each towards its own side', async () => {
  const { box, onAccept } = open()
  await begin()
  await userEvent.click(screen.getByRole('textbox', { name: 'Right' }))
  await userEvent.keyboard('{ArrowUp}{ArrowUp}')
  await userEvent.click(screen.getByRole('textbox', { name: 'Head' }))
  await userEvent.keyboard('{ArrowDown}')
  expect(box.editing?.box).toEqual({ low: [-2, 0, 0], high: [10, 20, 29] })
  expect(screen.getByRole('status')).toHaveTextContent("12.0 × 20.0 × 29.0 mm (right–left, front–back, foot–head). The model's: 10.0 × 20.0 × 30.0 mm.")
  await userEvent.click(screen.getByRole('button', { name: 'Accept the moved box of Tumour 1' }))
  expect(onAccept).toHaveBeenCalledExactlyOnceWith({ low: [-2, 0, 0], high: [10, 20, 29] })
})

it('follows the hand on the pictures', async () => {
  const { box } = open()
  await begin()
  act(() => box.drag([{ axis: 1, side: 'low' }], [0, 5, 0]))
  expect(screen.getByRole('textbox', { name: 'Front' })).toHaveValue('-5 mm')
  await userEvent.click(screen.getByRole('button', { name: /Leave it as it was/ }))
  expect(box.editing).toBeNull()
})

it('leaves nothing on the pictures when its card goes', async () => {
  const { box, unmount } = open()
  await begin()
  unmount()
  expect(box.editing).toBeNull()
})
