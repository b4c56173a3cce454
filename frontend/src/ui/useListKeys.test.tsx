import { fireEvent, render, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'

import { useListKeys } from './useListKeys'

function List({ count, onOpen, enabled }: { count: number; onOpen?: (index: number) => void; enabled?: boolean }) {
  const { selected } = useListKeys({ count, onOpen, enabled })
  return (
    <>
      <output>{selected}</output>
      <input />
      <button type="button" />
    </>
  )
}
const press = (key: string, target: Element | Window = window) => fireEvent.keyDown(target, { key })
const selected = () => screen.getByRole('status').textContent

it('moves with j and k, stops at the ends, opens with Enter', () => {
  const onOpen = vi.fn()
  render(<List count={3} onOpen={onOpen} />)
  press('k')
  expect(selected()).toBe('0')
  press('j')
  press('j')
  press('j')
  expect(selected()).toBe('2')
  press('Enter')
  expect(onOpen).toHaveBeenCalledExactlyOnceWith(2)
  press('Home')
  expect(selected()).toBe('0')
})

it('leaves keys to whoever is typing, and Enter to a focused button', () => {
  const onOpen = vi.fn()
  render(<List count={3} onOpen={onOpen} />)
  press('j', screen.getByRole('textbox'))
  expect(selected()).toBe('0')
  press('Enter', screen.getByRole('button'))
  expect(onOpen).not.toHaveBeenCalled()
})

it('never points past a list that became shorter', () => {
  const { rerender } = render(<List count={5} />)
  press('End')
  rerender(<List count={2} />)
  expect(selected()).toBe('1')
})

it('is silent while a dialog lies above', () => {
  render(<List count={3} enabled={false} />)
  press('j')
  expect(selected()).toBe('0')
})
