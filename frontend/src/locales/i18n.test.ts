import { expect, it } from 'vitest'

import { i18next } from './i18n'

it('loads one namespace per catalogue file', () => {
  expect(i18next.t('app.name')).toBe('Consilium')
})
