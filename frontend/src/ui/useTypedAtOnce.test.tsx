import { MantineProvider, Modal } from '@mantine/core'
import { act, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { useTypedAtOnce } from './useTypedAtOnce'

function Form() {
  const { ref, onFocus } = useTypedAtOnce()
  return (
    <form onFocus={onFocus}>
      <input ref={ref} data-autofocus aria-label="Name" />
      <input aria-label="Site" />
    </form>
  )
}

it('has the focus at once, and leaves it where a quick hand has gone', async () => {
  render(
    <MantineProvider env="test">
      <Modal opened onClose={() => undefined} transitionProps={{ duration: 0 }}>
        <Form />
      </Modal>
    </MantineProvider>,
  )
  const [name, site] = [screen.getByLabelText('Name'), screen.getByLabelText('Site')]
  expect(document.activeElement).toBe(name)
  act(() => site.focus())
  await act(() => new Promise((resolve) => setTimeout(resolve, 100))) // the dialog's turn
  expect(document.activeElement).toBe(site)
})
