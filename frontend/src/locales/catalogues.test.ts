import { expect, it } from 'vitest'

import { i18next } from './i18n'

const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.*'], { eager: true, query: '?raw', import: 'default' })

/** Every key that a source names literally, with the namespaces that file uses. */
function literalKeys(source: string): { key: string; namespaces: string[] }[] {
  const namespaces = [...source.matchAll(/useTranslation\((?:\[)?'(\w+)'/g)].map((match) => match[1] ?? '')
  if (/useTranslation\(\)/.test(source) || namespaces.length === 0) namespaces.push('common')
  return [...source.matchAll(/\bt\(\s*'([\w:.]+)'/g)].map((match) => ({ key: match[1] ?? '', namespaces }))
}

const exists = (key: string, namespace: string): boolean =>
  ['', '_one', '_other'].some((suffix) => i18next.exists(`${key}${suffix}`, { ns: namespace }))

it.each(Object.entries(sources).filter(([, source]) => source.includes('useTranslation')))('%s uses only words that exist', (_path, source) => {
  const missing = literalKeys(source).filter(({ key, namespaces }) =>
    key.includes(':') ? !exists(key.split(':')[1] ?? '', key.split(':')[0] ?? '') : !namespaces.some((namespace) => exists(key, namespace)),
  )
  expect(missing.map(({ key }) => key)).toEqual([])
})
