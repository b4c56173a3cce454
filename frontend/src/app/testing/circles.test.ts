import { expect, it } from 'vitest'

const sources = import.meta.glob<string>(['../../**/*.{ts,tsx}', '!../../**/*.test.*'], { eager: true, query: '?raw', import: 'default' })

/** Path from `src`, without its ending; the glob says it as seen from here. */
const nameOf = (path: string): string => new URL(path, 'file:///app/testing/').pathname.slice(1).replace(/\.tsx?$/, '')

/** What an import means, seen from the file that says it; nothing for packages. */
function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith('@/')) return specifier.slice(2)
  if (!specifier.startsWith('.')) return null
  return new URL(specifier, `file:///${from}`).pathname.slice(1)
}

function importsOf(sourcesByPath: Record<string, string>): Map<string, string[]> {
  const names = new Set(Object.keys(sourcesByPath).map(nameOf))
  return new Map(
    Object.entries(sourcesByPath).map(([path, source]) => {
      const from = nameOf(path)
      const said = [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => resolve(from, match[1] ?? ''))
      return [from, said.flatMap((name) => (name === null ? [] : [name, `${name}/index`].filter((one) => names.has(one))))]
    }),
  )
}

/** The first way round that there is, as names; empty when nothing leads back to itself. */
function findCircle(imports: Map<string, string[]>): string[] {
  const done = new Set<string>()
  const walk = (name: string, path: string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return []
    for (const next of imports.get(name) ?? []) {
      const circle = walk(next, [...path, name])
      if (circle.length > 0) return circle
    }
    done.add(name)
    return []
  }
  for (const name of imports.keys()) {
    const circle = walk(name, [])
    if (circle.length > 0) return circle
  }
  return []
}

it('finds a circle, also one of types and one through an index', () => {
  const circle = findCircle(importsOf({ '../../a.ts': "import { b } from './b'", '../../b/index.ts': "import type { a } from '@/a'" }))
  expect(circle).toEqual(['a', 'b/index', 'a'])
})

it('has no file that imports itself by a way round', () => {
  const imports = importsOf(sources)
  expect([...imports.values()].flat().length).toBeGreaterThan(500)
  expect(findCircle(imports)).toEqual([])
})
