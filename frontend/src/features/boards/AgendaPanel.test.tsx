import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aCase, anAgendaItem } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { AgendaPanel } from './AgendaPanel'

const items = [
  anAgendaItem({ id: 'b', position: 2, case: aCase({ id: 'c2', title: 'Second' }) }),
  anAgendaItem({ id: 'a', position: 1, status: 'discussed', case: aCase({ id: 'c1', title: 'First' }) }),
]

it('stands in the order of the agenda and marks the current case', async () => {
  const onOpen = vi.fn()
  const { container } = renderScreen(<AgendaPanel items={items} currentItemId="b" onOpen={onOpen} />)
  const rows = screen.getAllByRole('listitem')
  expect(rows.map((row) => row.textContent)).toEqual([expect.stringContaining('First'), expect.stringContaining('Second')])
  expect(rows[1]).toHaveAttribute('aria-current', 'step')
  await userEvent.click(screen.getByRole('button', { name: /First/ }))
  expect(onOpen).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'a' }))
  expect(await accessibilityFaults(container)).toEqual([])
})

it('is no row of buttons for whoever does not lead', () => {
  renderScreen(<AgendaPanel items={items} currentItemId={null} />)
  expect(screen.queryByRole('button')).toBeNull()
})
